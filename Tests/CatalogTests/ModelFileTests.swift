import Foundation
import Testing
import VisionTransformer

@testable import Catalog

/// Models as other programs describe them.
@Suite struct ModelFileTests {
  let catalog: Catalog

  init() throws { catalog = try Catalog.bundled() }

  private func read(_ json: String) throws -> ModelFile {
    try ModelFile(json.utf8, name: "model.json", catalog: catalog)
  }

  /// What Python writes for a whole number that was computed, `768.0`, is that number; half a block is none, and a file that is
  /// wrong there is still read as what it is.
  @Test func numbersAreWholeHoweverTheyAreWritten() throws {
    let file = #"{"width": 768.0, "layers": 12.0, "head_width": 6.4e1, "patch_size": 16}"#
    #expect(try read(file).configuration.shapeName == "ViT-B/16")
    for (json, part) in [
      (
        #"{"width": 768, "layers": 12.5, "patch_size": 16}"#, "layers: 12.5 is not valid: must be a whole number from 1"
      ),
      (#"{"vision_cfg": {"width": 768.5, "layers": 12}}"#, "vision_cfg.width: 768.5 is not valid"),
      (#"{"hidden_size": 768, "num_hidden_layers": 12.5}"#, "num_hidden_layers: 12.5 is not valid"),
    ] {
      let error = #expect(throws: CatalogError.self) { try read(json) }
      #expect("\(error.map { "\($0)" } ?? "")".contains(part))
    }
  }

  /// A file, the shape's name or numbers with image size, head and classes, and a part of every note there must be.
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var json: String
    var shape: String
    var imageSize = 224
    var head = Head.token
    var classes = Configuration.Defaults.classes
    var notes: [String]
    var testDescription: String { name }
  }

  static let rows: [Row] = [
    // open_clip, src/open_clip/model_configs.
    Row(
      name: "ViT-L-14",
      json: """
        {"embed_dim": 768, "vision_cfg": {"image_size": 224, "layers": 24, "width": 1024, "patch_size": 14},
         "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 768, "heads": 12, "layers": 12}}
        """,
      shape: "ViT-L/14",
      notes: [
        "its text tower (text_cfg) is left out", "it has no classifier: 29593 classes", "head_width 64, mlp_ratio 4.0",
        "not used: embed_dim, text_cfg",
      ]),
    Row(
      name: "ViT-B-16",
      json:
        #"{"embed_dim": 512, "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 16}, "text_cfg": {}}"#,
      shape: "ViT-B/16", notes: ["not used: embed_dim, text_cfg"]),
    Row(
      name: "ViT-g-14",
      json: """
        {"embed_dim": 1024, "vision_cfg": {"image_size": 224, "layers": 40, "width": 1408, "head_width": 88, \
        "mlp_ratio": 4.3637, "patch_size": 14}}
        """,
      shape: "ViT-g/14", notes: ["not used: embed_dim"]),
    Row(
      name: "ViT-bigG-14, from the hub",
      json: """
        {"model_cfg": {"embed_dim": 1280, "vision_cfg": {"image_size": 224, "layers": 48, "width": 1664, "head_width": 104, \
        "mlp_ratio": 4.9231, "patch_size": 14}, "text_cfg": {"width": 1280}}, "preprocess_cfg": {"mean": [0.48]}}
        """,
      shape: "ViT-G/14", notes: ["not used of model_cfg: embed_dim, text_cfg", "not used: preprocess_cfg"]),
    Row(
      name: "nothing but defaults", json: #"{"vision_cfg": {}}"#, shape: "ViT-B/16",
      notes: ["image_size 224, width 768"]),
    Row(
      name: "a tower alone, pooled by the mean",
      json:
        #"{"image_size": [336, 336], "layers": 24, "width": 1024, "patch_size": 14, "pool_type": "avg", "ls_init_value": 0.1}"#,
      shape: "ViT-L/14", imageSize: 336, head: .gap, notes: ["not used: ls_init_value"]),
    Row(
      name: "CoCa",
      json:
        #"{"vision_cfg": {"layers": 12, "width": 768, "patch_size": 32, "attentional_pool": true, "attn_pooler_heads": 8}, "multimodal_cfg": {}}"#,
      shape: "ViT-B/32", head: .map,
      notes: [
        "attentional pooler is not the MAP head", "not used of vision_cfg: attn_pooler_heads",
        "not used: multimodal_cfg",
      ]),
    // Hugging Face.
    Row(
      name: "google/vit-base-patch16-224",
      json: """
        {"architectures": ["ViTForImageClassification"], "attention_probs_dropout_prob": 0.0, "hidden_act": "gelu", \
        "hidden_size": 768, "id2label": {"0": "tench", "1": "goldfish", "2": "shark"}, "image_size": 224, \
        "intermediate_size": 3072, "label2id": {"tench": 0, "goldfish": 1, "shark": 2}, "model_type": "vit", \
        "num_attention_heads": 12, "num_channels": 3, "num_hidden_layers": 12, "patch_size": 16, "qkv_bias": true}
        """,
      shape: "ViT-B/16", classes: 3, notes: ["not used: attention_probs_dropout_prob, hidden_act, qkv_bias"]),
    Row(
      name: "google/vit-large-patch16-224-in21k",
      json: """
        {"architectures": ["ViTModel"], "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, \
        "intermediate_size": 4096, "image_size": [224, 224], "patch_size": {"height": 16, "width": 16}, "model_type": "vit", \
        "id2label": {"0": "LABEL_0", "1": "LABEL_1"}}
        """,
      shape: "ViT-L/16", notes: ["it has no classifier", "not used: id2label"]),
    Row(
      name: "facebook/deit-tiny-distilled-patch16-224",
      json: """
        {"model_type": "deit", "hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 768, "num_labels": 1000, \
        "architectures": ["DeiTForImageClassificationWithTeacher"]}
        """,
      shape: "ViT-Ti/16", classes: 1000,
      notes: [
        "its distillation token is left out: 197 tokens instead of 198 (0.5 %)",
        "num_hidden_layers 12, patch_size 16, image_size 224",
      ]),
    Row(
      name: "facebook/vit-mae-base",
      json: """
        {"architectures": ["ViTMAEForPreTraining"], "model_type": "vit_mae", "hidden_size": 768, "intermediate_size": 3072, \
        "num_hidden_layers": 12, "num_attention_heads": 12, "patch_size": 16, "image_size": 224, "mask_ratio": 0.75, \
        "decoder_hidden_size": 512, "decoder_num_hidden_layers": 8}
        """,
      shape: "ViT-B/16",
      notes: [
        "the encoder, of all patches, as it is fine-tuned; pre-training's mask and decoder are left out",
        "not used: decoder_hidden_size, decoder_num_hidden_layers, mask_ratio", "it has no classifier",
      ]),
    Row(
      name: "facebook/dinov2-small",
      json: """
        {"model_type": "dinov2", "hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 6, "mlp_ratio": 4, \
        "image_size": 518, "patch_size": 14, "use_swiglu_ffn": false, "architectures": ["Dinov2Model"], "drop_path_rate": 0.0}
        """,
      shape: "ViT-S/14", imageSize: 518, notes: ["it has no classifier", "not used: drop_path_rate"]),
    Row(
      name: "facebook/dinov2-with-registers-base",
      json: """
        {"model_type": "dinov2_with_registers", "mlp_ratio": 4, "image_size": 518, "patch_size": 14, \
        "num_register_tokens": 4}
        """,
      shape: "ViT-B/14", imageSize: 518,
      notes: ["its register tokens are left out: 1370 tokens instead of 1374 (0.3 %)"]),
    Row(
      name: "google/siglip-so400m-patch14-384",
      json: """
        {"architectures": ["SiglipModel"], "model_type": "siglip", "text_config": {"model_type": "siglip_text_model"}, \
        "vision_config": {"hidden_size": 1152, "image_size": 384, "intermediate_size": 4304, \
        "model_type": "siglip_vision_model", "num_attention_heads": 16, "num_hidden_layers": 27, "patch_size": 14}}
        """,
      shape: "ViT-So400m/14", imageSize: 384, head: .map,
      notes: ["its text model (text_config) is left out", "not used: architectures, text_config"]),
    Row(
      name: "google/siglip-base-patch16-224",
      json: #"{"model_type": "siglip", "text_config": {}, "vision_config": {"model_type": "siglip_vision_model"}}"#,
      shape: "ViT-B/16", head: .map,
      notes: ["hidden_size 768, num_hidden_layers 12, num_attention_heads 12, intermediate_size 3072"]),
    Row(
      name: "openai/clip-vit-large-patch14",
      json: """
        {"model_type": "clip", "projection_dim": 768, "vision_config": {"hidden_size": 1024, "intermediate_size": 4096, \
        "num_hidden_layers": 24, "num_attention_heads": 16, "patch_size": 14, "id2label": {"0": "LABEL_0", "1": "LABEL_1"}, \
        "num_labels": 2, "dropout": 0.0}}
        """,
      shape: "ViT-L/14",
      notes: [
        "it has no classifier", "not used of vision_config: dropout, id2label, num_labels", "not used: projection_dim",
      ]),
    Row(
      name: "openai/clip-vit-base-patch32, its tower alone", json: #"{"model_type": "clip_vision_model"}"#,
      shape: "ViT-B/32", notes: ["patch_size 32"]),
    Row(
      name: "llava, whose tower says what it is",
      json:
        #"{"model_type": "llava", "vision_config": {"model_type": "clip_vision_model", "hidden_size": 64, "num_attention_heads": 2, "intermediate_size": 96, "num_hidden_layers": 3, "patch_size": 8}, "text_config": {}}"#,
      shape: "64x3x96 h2 /8", notes: ["not used: text_config"]),
    Row(
      name: "without a type",
      json:
        #"{"hidden_size": 1280, "num_hidden_layers": 32, "num_attention_heads": 16, "intermediate_size": 5120, "patch_size": 14}"#,
      shape: "ViT-H/14", notes: ["it has no model_type: read as vit"]),
    // The contract's own.
    Row(
      name: "a configuration", json: #"{"shape": "ViT-H/14", "imageSize": 384, "head": "gap", "classes": 10}"#,
      shape: "ViT-H/14",
      imageSize: 384, head: .gap, classes: 10, notes: []),
  ]

  @Test(arguments: rows) func modelsAreReadWithTheirNotes(row: Row) throws {
    let model = try read(row.json)
    let configuration = model.configuration
    #expect(configuration.shapeName ?? configuration.shape.description == row.shape)
    #expect(configuration.imageSize == row.imageSize)
    #expect(configuration.head == row.head)
    #expect(configuration.classes == row.classes)
    for note in row.notes { #expect(model.notes.contains { $0.contains(note) }, "\(note): \(model.notes)") }
    if row.notes.isEmpty { #expect(model.notes.isEmpty) }
    #expect(try configuration.validated().configuration == configuration)
  }

  /// Every key of a file is either used or named.
  @Test(arguments: rows) func aKeyThatNobodyKnowsIsNamed(row: Row) throws {
    guard row.name != "a configuration" else { return }
    let text = row.json.replacing("{", with: #"{"zz_unknown": {"deep": 1}, "#, maxReplacements: 1)
    let note = try #require(try read(text).notes.last { $0.hasPrefix("not used: ") })
    #expect(note.hasSuffix("zz_unknown"), "\(note)")
  }

  /// What is refused, and how the error begins and goes on.
  @Test(arguments: [
    ("{", "model.json:1:2: is not JSON: ", "key"),
    ("[]", "model.json: a list of 0 is not valid: must be an object", ""),
    ("7", "model.json: 7 is not valid: must be an object", ""),
    ("{}", "model.json: this object: describes no model", "vision_cfg (open_clip)"),
    (#"{"layers": "unrolled", "width": 8}"#, "model.json: this object: describes no model", ""),
    (#"{"vision_cfg": []}"#, "model.json: vision_cfg: a list of 0 ", "must be an object"),
    (
      #"{"vision_cfg": {"layers": [3, 4, 6, 3], "width": 64}}"#, "model.json: vision_cfg.layers: a list of 4 ", "ResNet"
    ),
    (#"{"vision_cfg": {"image_size": [224, 448]}}"#, "model.json: vision_cfg.image_size: 224 x 448 ", "must be square"),
    (#"{"vision_cfg": {"image_size": 8}}"#, "model.json: vision_cfg.image_size: 8 ", "at least the patch size 16"),
    (#"{"vision_cfg": {"width": 100}}"#, "model.json: vision_cfg.head_width ", "must divide the width 100"),
    (#"{"vision_cfg": {"width": 768.5}}"#, "model.json: vision_cfg.width: 768.5 ", "whole number"),
    (#"{"vision_cfg": {"width": 68719476736}}"#, "model.json: vision_cfg.", "between 1 and"),
    (#"{"vision_cfg": {"mlp_ratio": -4}}"#, "model.json: vision_cfg.mlp_ratio: -4 ", "above 0"),
    (#"{"vision_cfg": {"mlp_ratio": 1e300}}"#, "model.json: vision_cfg.mlp_ratio: 1e+300 ", "MLP-width"),
    (#"{"vision_cfg": {"mlp_ratio": 1e-9}}"#, "model.json: vision_cfg.mlp_ratio: 1e-09 ", "MLP-width"),
    (#"{"vision_cfg": {"layers": 20000}}"#, "model.json: vision_cfg.layers: 20000 ", "between 1 and 10000"),
    (#"{"vision_cfg": {"patch_dropout": 0.5}}"#, "model.json: vision_cfg.patch_dropout: 0.5 ", "fewer tokens"),
    (
      #"{"vision_cfg": {"timm_model_name": "convnext_base"}}"#,
      "model.json: vision_cfg.timm_model_name: \"convnext_base\" ", "is not a plain Vision Transformer"
    ),
    (#"{"model_type": "swin", "hidden_size": 96}"#, "model.json: model_type: \"swin\" ", "one of vit, "),
    (
      #"{"model_type": "ijepa", "hidden_size": 64, "num_hidden_layers": 2, "intermediate_size": 96, "num_attention_heads": 2, "patch_size": 8}"#,
      "model.json: model_type: \"ijepa\" ", "--width 64 --depth 2 --mlp-width 96 --heads 2 --patch 8"
    ),
    (#"{"model_type": "vit", "num_channels": 1}"#, "model.json: num_channels: 1 ", "RGB"),
    (
      #"{"model_type": "vit", "num_attention_heads": 7}"#, "model.json: num_attention_heads: 7 ",
      "must divide the width 768"
    ),
    (
      #"{"model_type": "vit", "hidden_size": null, "num_hidden_layers": 0}"#, "model.json: num_hidden_layers: 0 ",
      "from 1"
    ),
    (#"{"model_type": "vit", "patch_size": [16]}"#, "model.json: patch_size: a list of 1 ", "side in pixels"),
    (#"{"model_type": "vit", "num_labels": 0}"#, "model.json: num_labels: 0 ", "from 1"),
    (#"{"model_type": 7}"#, "model.json: model_type: 7 ", "must be text"),
    (
      #"{"model_type": "dinov2", "hidden_size": 1536, "num_hidden_layers": 40, "num_attention_heads": 24, "patch_size": 14, "use_swiglu_ffn": true}"#,
      "model.json: use_swiglu_ffn: true ", "--width 1536 --depth 40 --mlp-width 6144 --heads 24 --patch 14"
    ),
    (#"{"model_type": "dinov2", "hidden_size": 768}"#, "model.json: patch_size ", "is required"),
    (
      #"{"model_type": "dinov2_with_registers", "patch_size": 14, "num_register_tokens": 16}"#,
      "model.json: num_register_tokens: 16 ", "257 tokens instead of 273"
    ),
    (
      #"{"vision_config": {"hidden_size": 64}, "model_type": "llava"}"#, "model.json: vision_config.model_type ",
      "is required"
    ),
    (
      #"{"vision_config": {"num_channels": 4}, "model_type": "clip"}"#, "model.json: vision_config.num_channels: 4 ",
      "RGB"
    ),
    (#"{"architecture": "resnet50"}"#, "model.json: architecture: \"resnet50\" ", "is not a plain Vision Transformer"),
    (#"{"shape": "ViT-Q/14"}"#, "model.json: shape: \"ViT-Q/14\" ", "is not a known shape"),
  ])
  func whatIsNoModelIsRefused(json: String, start: String, rule: String) throws {
    let error = try #require(throws: CatalogError.self) { try read(json) }
    #expect(error.description.hasPrefix(start), "\(error)")
    #expect(rule.isEmpty || error.description.contains(rule), "\(error)")
  }

  /// A model by its name and by its file is one question: the same shape, image and head.
  @Test(arguments: [
    "google/vit-base-patch16-224", "google/vit-large-patch16-224-in21k", "facebook/dinov2-small",
    "facebook/dinov2-with-registers-base", "facebook/vit-mae-base", "google/siglip-so400m-patch14-384",
    "google/siglip-base-patch16-224", "openai/clip-vit-large-patch14", "ViT-L-14", "ViT-B-16", "ViT-g-14",
  ])
  func aNameSaysWhatItsFileSays(name: String) throws {
    let file = try read(try #require(Self.rows.first { $0.name == name }).json).configuration
    let named = try catalog.reading(ofShape: name)
    #expect(named.name == file.shapeName && named.imageSize == file.imageSize && named.head == file.head)
  }

  /// A pooling that timm's file leaves out is that of the architecture's name.
  @Test func theHeadOfTimmsNameStandsInForItsFile() throws {
    #expect(try read(#"{"architecture": "vit_medium_patch16_gap_256"}"#).configuration.head == .gap)
    #expect(try read(#"{"architecture": "vit_base_patch16_siglip_224"}"#).configuration.head == .map)
    let said = try read(#"{"architecture": "vit_base_patch16_siglip_224", "global_pool": "avg"}"#).configuration
    #expect(said.head == .gap && said.imageSize == 224)
  }

  @Test func namesOfTimmAreThoseOfTheCatalog() throws {
    let json = """
      {"architecture": "ViT-B/16", "num_classes": 1000, "global_pool": "token", "num_features": 768, \
      "pretrained_cfg": {"input_size": [3, 384, 384], "tag": "x"}}
      """
    let model = try read(json)
    #expect(model.format == .timm)
    #expect(
      model.configuration
        == Configuration(
          shape: try catalog.shape(named: "ViT-B/16"), shapeName: "ViT-B/16", imageSize: 384, head: .token,
          classes: 1000))
    #expect(model.notes == ["not used of pretrained_cfg: tag", "not used: num_features"])
    for size in ["[1, 224, 224]", "[3, 224, 256]"] {
      let error = try #require(throws: CatalogError.self) { try read(json.replacing("[3, 384, 384]", with: size)) }
      #expect(error.description.contains("pretrained_cfg.input_size"))
    }
  }

  @Test func aBatchIsToldThatAModelIsNoConfiguration() throws {
    let reader = ConfigurationReader(directory: catalog)
    for row in Self.rows where row.name != "a configuration" {
      let error = try #require(throws: ConfigurationError.self) { try reader.configuration(row.json) }
      #expect(error.rule.contains("not a configuration: `shapefinder check FILE.json`"), "\(error)")
    }
    let error = try #require(throws: ConfigurationError.self) {
      try reader.configuration(#"{"width": 8, "depth": 1, "layers": "unrolled"}"#)
    }
    #expect(error.rule.contains("is not a known key"))
  }
}
