import Foundation
import Testing
import VisionTransformer

@testable import Catalog

/// Names that other libraries give to these shapes: `shapes/names.yaml`.
@Suite struct ShapeNamingTests {
  let catalog: Catalog

  init() throws { catalog = try Catalog.bundled() }

  /// A name, and what it is here: shape, side of the image, head. Nil leaves the program's default.
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String, shape: String, imageSize: Int?, head: Head?
    var testDescription: String { name }

    init(_ name: String, _ shape: String, _ imageSize: Int?, _ head: Head?) {
      (self.name, self.shape, self.imageSize, self.head) = (name, shape, imageSize, head)
    }
  }

  static let rows: [Row] = [
    // timm, vision_transformer.py, deit.py, eva.py: img_size and global_pool of each model.
    Row("vit_tiny_patch16_224", "ViT-Ti/16", 224, .token), Row("vit_small_patch32_384", "ViT-S/32", 384, .token),
    Row("vit_base_patch16_224.augreg_in21k", "ViT-B/16", 224, .token), Row("vit_base_patch16", "ViT-B/16", 224, .token),
    Row("timm/vit_large_patch14_clip_336.openai", "ViT-L/14", 336, .token),
    Row("hf-hub:timm/vit_base_patch32_clip_quickgelu_224.openai", "ViT-B/32", 224, .token),
    Row("vit_huge_patch14_gap_224.in1k_ijepa", "ViT-H/14", 224, .gap),
    Row("vit_medium_patch16_gap_256", "ViT-M/16", 256, .gap), Row("vit_giant_patch14_224", "ViT-g/14", 224, .token),
    Row("vit_gigantic_patch14_clip_224.laion2b_ft_in1k", "ViT-G/14", 224, .token),
    Row("vit_so400m_patch14_siglip_384", "ViT-So400m/14", 384, .map),
    Row("vit_so400m_patch14_siglip_gap_224", "ViT-So400m/14", 224, .gap),
    Row("vit_base_patch14_dinov2.lvd142m", "ViT-B/14", 518, .token),
    Row("vit_large_patch14_reg4_dinov2.lvd142m", "ViT-L/14", 518, .token),
    Row("vit_medium_patch16_reg4_gap_256", "ViT-M/16", 256, .gap),
    Row("deit_small_patch16_224", "ViT-S/16", 224, .token), Row("deit_small_patch16_LS", "ViT-S/16", 224, .token),
    Row("deit3_huge_patch14_224.fb_in22k_ft_in1k", "ViT-H/14", 224, .token),
    Row("deit_base_distilled_patch16_224", "ViT-B/16", 224, .token), Row("DeiT-S", "ViT-S/16", 224, .token),
    Row("eva_giant_patch14_560.m30m_ft_in22k_in1k", "ViT-g/14", 560, .gap),
    Row("eva_giant_patch14_clip_224", "ViT-g/14", 224, .token),
    // OpenCLIP, src/open_clip/model_configs, and CLIP.
    Row("ViT-B-16", "ViT-B/16", 224, .token), Row("ViT-L-14-336", "ViT-L/14", 336, .token),
    Row("ViT-L/14@336px", "ViT-L/14", 336, .token), Row("ViT-H-14-378-quickgelu", "ViT-H/14", 378, .token),
    Row("ViT-g-14", "ViT-g/14", 224, .token), Row("EVA01-g-14", "ViT-g/14", 224, .token),
    Row("ViT-bigG-14", "ViT-G/14", 224, .token), Row("ViT-e-14", "ViT-e/14", 224, .token),
    Row("ViT-M-16-alt", "ViT-M/16", 224, .token), Row("ViT-L-16-CL16-GAP", "ViT-L/16", 224, .gap),
    Row("ViT-H-14-CLIPA-336", "ViT-H/14", 336, .gap), Row("ViT-B-16-SigLIP", "ViT-B/16", 224, .map),
    Row("ViT-SO400M-14-SigLIP-384", "ViT-So400m/14", 384, .map),
    Row("ViT-SO400M-14-SigLIP", "ViT-So400m/14", 224, .map),
    Row("hf-hub:timm/ViT-B-16-SigLIP", "ViT-B/16", 224, .map), Row("ViT-B-16-SigLIP-i18n-256", "ViT-B/16", 256, .map),
    Row("ViT-gopt-16-SigLIP2-384", "ViT-g-opt/16", 384, .map),
    Row("laion/CLIP-ViT-bigG-14-laion2B-39B-b160k", "ViT-G/14", 224, .token),
    Row("laion/CLIP-ViT-B-32-256x256-DataComp-s34B-b86K", "ViT-B/32", 256, .token),
    Row("apple/DFN5B-CLIP-ViT-H-14-378", "ViT-H/14", 378, .token),
    Row("apple/DFN2B-CLIP-ViT-L-14-39B", "ViT-L/14", 224, .token),
    Row("xlm-roberta-base-ViT-B-32", "ViT-B/32", 224, .token), Row("coca_ViT-L-14", "ViT-L/14", 224, .map),
    Row("facebook/metaclip-l14-fullcc2.5b", "ViT-L/14", 224, .token),
    // Wider than ViT-B: 896, 14 heads.
    Row("ViT-B-16-plus-240", "ViT-B-plus/16", 240, .token), Row("ViT-B-16-plus", "ViT-B-plus/16", 224, .token),
    Row("vit_base_patch16_plus_240", "ViT-B-plus/16", 240, .token),
    Row("vit_base_patch16_plus_clip_240.laion400m_e31", "ViT-B-plus/16", 240, .token),
    // CLIP's names, in whatever case.
    Row("vit-l/14@336px", "ViT-L/14", 336, .token), Row("VIT-L/14@336PX", "ViT-L/14", 336, .token),
    Row("ViT-L-14@336px", "ViT-L/14", 336, .token),
    // vit_jax, the checkpoints of its README.
    Row("imagenet21k+imagenet2012_ViT-L_16", "ViT-L/16", 384, .token),
    Row("imagenet21k+imagenet2012/ViT-B_16-224.npz", "ViT-B/16", 224, .token),
    Row("imagenet21k/ViT-H_14.npz", "ViT-H/14", 224, .token), Row("imagenet21k_ViT-B_32", "ViT-B/32", 224, .token),
    // Hugging Face, config.json.
    Row("google/vit-base-patch16-224", "ViT-B/16", 224, .token),
    Row("nateraw/vit-base-patch32-384", "ViT-B/32", 384, .token),
    Row("google/vit-huge-patch14-224-in21k", "ViT-H/14", 224, .token),
    Row("google/siglip-so400m-patch14-384", "ViT-So400m/14", 384, .map),
    Row("google/siglip-base-patch16-256-multilingual", "ViT-B/16", 256, .map),
    Row("google/siglip2-giant-opt-patch16-384", "ViT-g-opt/16", 384, .map),
    Row("facebook/dinov2-large", "ViT-L/14", 518, .token), Row("dinov2_vitl14", "ViT-L/14", 518, .token),
    Row("DINOv2-B/14", "ViT-B/14", 518, .token), Row("dinov2_vitb14_reg", "ViT-B/14", 518, .token),
    Row("facebook/dinov2-with-registers-base", "ViT-B/14", 518, .token),
    Row("facebook/dinov2-small-imagenet1k-1-layer", "ViT-S/14", 518, .token),
    Row("facebook/vit-mae-base", "ViT-B/16", 224, .token), Row("facebook/vit-mae-huge", "ViT-H/14", 224, .token),
    Row("mae_vit_large_patch16", "ViT-L/16", 224, .token),
    Row("mae_vit_huge_patch14_dec512d8b", "ViT-H/14", 224, .token),
    Row("facebook/vit-msn-large-7", "ViT-L/7", 224, .token), Row("facebook/vit-msn-small", "ViT-S/16", 224, .token),
    Row("openai/clip-vit-large-patch14", "ViT-L/14", 224, .token),
    Row("openai/clip-vit-large-patch14-336", "ViT-L/14", 336, .token),
    Row("facebook/dino-vitb8", "ViT-B/8", 224, .token), Row("dino_vits16", "ViT-S/16", 224, .token),
    Row("facebook/deit-base-patch16-384", "ViT-B/16", 384, .token),
    // torchvision, vit_jax and big_vision.
    Row("vit_b_16", "ViT-B/16", 224, .token), Row("vit_h_14", "ViT-H/14", 224, .token),
    Row("vit-b-16-in21k", "ViT-B/16", 224, .token), Row("ViT-B_16", "ViT-B/16", 224, .token),
    Row("ViT-L_32", "ViT-L/32", 224, .token), Row("ViT-Ti_16", "ViT-Ti/16", 224, .token),
    Row("So400m/14@224", "ViT-So400m/14", 224, nil), Row("ViT-L/16@384", "ViT-L/16", 384, nil),
    Row("SigLIP-So400m/14@384", "ViT-So400m/14", 384, .map),
    // The paper's names as hands write them.
    Row("vitl16", "ViT-L/16", nil, nil), Row("ViT-B16", "ViT-B/16", nil, nil),
    Row("ViT-Large/16", "ViT-L/16", nil, nil),
    Row("vit_l16", "ViT-L/16", nil, nil), Row("ViT_B/16", "ViT-B/16", nil, nil), Row("b16", "ViT-B/16", nil, nil),
    Row("ViT-huge/14", "ViT-H/14", nil, nil), Row("vit-base-16", "ViT-B/16", nil, nil),
    Row("L16", "ViT-L/16", nil, nil),
    Row("ViT-b/16", "ViT-B/16", nil, nil), Row("ViT-TI/16", "ViT-Ti/16", nil, nil),
    Row("ViT-E/14", "ViT-e/14", nil, nil),
    Row("ViT-so400M/14", "ViT-So400m/14", nil, nil), Row("vitb16-384", "ViT-B/16", 384, nil),
    Row("ViT-G14", "ViT-G/14", nil, nil), Row("ViT L/16", "ViT-L/16", nil, nil),
    Row("CLIP ViT-L/14", "ViT-L/14", 224, .token), Row("ViT-gigantic/14", "ViT-G/14", nil, nil),
  ]

  @Test(arguments: rows) func aNameIsTheShapeThatItsLibraryHas(_ row: Row) throws {
    let reading = try catalog.reading(ofShape: row.name)
    #expect(reading.name == row.shape && reading.imageSize == row.imageSize && reading.head == row.head)
    #expect(try reading.shape == catalog.shape(named: row.shape))
    #expect(reading.note?.hasPrefix("\(row.name) is understood as \(row.shape)") == true, "\(reading.note ?? "")")
    #expect(catalog.canonicalName(ofShape: row.name) == row.shape)
    // Head and image are those of the configuration, unless it says others.
    let read = try Configuration(LooseValue(json: #"{"shape": "\#(row.name)"}"#), directory: catalog)
    #expect(read.head == row.head ?? Configuration.Defaults.head)
    #expect(read.imageSize == row.imageSize ?? Configuration.Defaults.imageSize)
    let asked = try Configuration(
      LooseValue(json: #"{"shape": "\#(row.name)", "head": "gap", "imageSize": 448}"#), directory: catalog)
    #expect(asked.head == .gap && asked.imageSize == 448)
  }

  @Test func theCatalogsOwnNamesSayNothingMore() throws {
    for named in catalog.namedShapes {
      #expect(try catalog.reading(ofShape: named.name) == ShapeReading(shape: named.shape, name: named.name))
    }
  }

  /// A name of something else is answered with what that is, rather than taken for a nearby shape.
  @Test(arguments: [
    ("vit_giant_patch14_dinov2", "gated MLP"), ("dinov2_vitg14", "gated MLP"),
    ("facebook/dinov2-with-registers-giant", "gated MLP"), ("ViT-L-16-plus-240", "wider than ViT-B"),
    ("vit_base_patch16_rope_224", "rotary positions"), ("vit_base_patch16_frobnicated_224", #""frobnicated""#),
    ("vit_betwixt_patch16_reg4_gap_256", "a size that has no name here"), ("R50+ViT-B_16", "is a hybrid"),
    ("imagenet21k+imagenet2012_R50+ViT-B_16", "is a hybrid"),
    ("vit_base_r50_s16_224", "is a hybrid"), ("google/vit-hybrid-base-bit-384", "is a hybrid"),
    ("eva02_large_patch14_448", "rotary positions and a gated MLP"), ("EVA02-L-14", "rotary positions"),
    ("facebook/dinov3-vitl16-pretrain-lvd1689m", "rotary positions"), ("beit_base_patch16_224", "relative positions"),
    ("facebook/sam-vit-base", "relative positions"), ("flexivit_large", "a patch of many sides"),
    ("swin_base_patch4_window7_224", "is not a plain Vision Transformer"),
    ("convnext_base", "is not a plain Vision Transformer"),
    ("microsoft/resnet-50", "is not a plain Vision Transformer"),
    ("RN50x64", "is not a plain Vision Transformer"), ("efficientnet_b0", "is not a plain Vision Transformer"),
    ("google/vit-large", "has no patch: ask for one, such as ViT-L/16"), ("vit_base", "such as ViT-B/16"),
    ("vitg14", #"did you mean "ViT-G/14" or "ViT-g/14"?"#), ("vits16", #"did you mean "ViT-S/16" or "ViT-s/16"?"#),
    ("ViT-Giant/14", #"did you mean "ViT-G/14" or "ViT-g/14"?"#),
    ("somebody/my-vit-large-16-finetuned", #"is not a known shape; did you mean "ViT-L/16"?"#),
    ("google/siglip2-base-patch16-naflex", "images of any shape"), ("clip-vit-large", "such as ViT-L/16"),
    ("nateraw/vit-base-beans", "such as ViT-B/16"), ("siglip-so400m", "such as ViT-So400m/14"),
    ("apple/aimv2-large-patch14-224", "gated MLP"),
  ])
  func whatIsNoShapeHereIsRefusedWithItsReason(_ name: String, _ reason: String) {
    let error = #expect(throws: ConfigurationError.self) { try catalog.reading(ofShape: name) }
    #expect(error?.key == "shape" && error?.rule.contains(reason) == true, "\(error?.rule ?? "")")
  }

  @Test(arguments: [
    "resnet50", "swin_base_patch4_window7_224", "convnext_base", "ViT", "vit_base", "ViT-B-0", "ViT-B-99999",
  ])
  func otherNamesAreUnknownShapes(_ name: String) {
    let error = #expect(throws: ConfigurationError.self) { try catalog.reading(ofShape: name) }
    #expect(error?.key == "shape")
  }

  /// What the name says stands before its family, what the family brings behind it.
  @Test(arguments: [
    (
      "ViT-L/14@336px",
      "ViT-L/14@336px is understood as ViT-L/14 at 336 px, after CLIP with its head token; options win over the name"
    ),
    (
      "facebook/dinov2-large",
      "facebook/dinov2-large is understood as ViT-L/14, after DINOv2 with its 518 px and head token; options win over the "
        + "name"
    ),
    (
      "vit_medium_patch16_gap_256",
      "vit_medium_patch16_gap_256 is understood as ViT-M/16 at 256 px with head gap, after timm; options win over the name"
    ),
    (
      "dinov2_vitb14_reg",
      "dinov2_vitb14_reg is understood as ViT-B/14, after DINOv2 with its 518 px and head token; its register tokens are "
        + "left out: 1370 tokens instead of 1374 (0.3 %); options win over the name"
    ),
    (
      "facebook/vit-mae-base",
      "facebook/vit-mae-base is understood as ViT-B/16, after MAE with its 224 px and head token: the encoder, of all "
        + "patches, as it is fine-tuned; pre-training's mask and decoder are left out; options win over the name"
    ),
    ("vitl16", "vitl16 is understood as ViT-L/16, after the paper's names; options win over the name"),
  ])
  func aNoteSaysWhoseNameItIs(_ name: String, _ note: String) throws {
    #expect(try catalog.reading(ofShape: name).note == note)
  }

  /// Tokens that the step here lacks are left out if there are few; otherwise the model is a different one.
  @Test func manyRegistersOfFewPatchesAreAnotherModel() {
    let error = #expect(throws: ConfigurationError.self) {
      try catalog.reading(ofShape: "vit_base_patch32_reg4_gap_224")
    }
    #expect(
      error?.rule == "has other tokens, which must be few: 49 tokens instead of 53 would be another step (8.2 %); "
        + "nearest is ViT-B/32")
  }

  /// Options and keys override what a name implies.
  @Test func anImageSizeThatIsGivenWinsOverTheName() throws {
    let json = #"{"shape": "vit_large_patch16_384", "imageSize": 224}"#
    #expect(try Configuration(LooseValue(json: json), directory: catalog).imageSize == 224)
    let own = try Configuration.reading(LooseValue(json: #"{"shape": "vit_large_patch16_384"}"#), directory: catalog)
    #expect(own.configuration.imageSize == 384 && own.configuration.shapeName == "ViT-L/16")
    #expect(
      own.notes == [
        "vit_large_patch16_384 is understood as ViT-L/16 at 384 px, after timm with its head token; options win over the name"
      ])
  }

  /// Reading a name takes equally long whether or not it is valid: readers of files meet both by the thousand.
  @Test func namesByTheThousandAreReadAtOnce() throws {
    let start = ContinuousClock.now
    for index in 0..<2000 {
      #expect(throws: ConfigurationError.self) {
        try catalog.reading(ofShape: "model_\(index)_\(String(repeating: "a-", count: 30))")
      }
      _ = try catalog.reading(ofShape: "vit_large_patch16_384")
    }
    #expect(ContinuousClock.now - start < .seconds(20))
  }
}
