import VisionTransformer

/// A family of models as described by Hugging Face's `transformers`.
private struct ModelFamily {
  enum MLP {
    case width(Int)
    case ratio
  }

  /// Values of `model_type`.
  var types: [String]
  /// The MLP's width if the file leaves it out: a number, or `mlp_ratio` times the width.
  var mlp = MLP.width(3072)
  /// Side of a patch if the file leaves it out; nil if the default changed between versions, so that the file must give
  /// it.
  var patch: Int? = 16
  var head = Head.token
  /// Number and name of the tokens, other than patches and class token, that every model of the family has.
  var extra: (count: Int, name: String)?
  /// A note if the input of the classifier has another width; otherwise nil.
  var classifierNote: String?
  /// A note on every model of the family.
  var note: String?

  /// Width 768, 12 blocks, 12 heads, 224 px and 3 channels are the defaults of every family.
  ///
  /// Source: transformers, `ViTConfig`, `ViTMSNConfig`, `ViTMAEConfig`, `DeiTConfig`, `Dinov2Config`,
  /// `Dinov2WithRegistersConfig`, `CLIPVisionConfig` and `SiglipVisionConfig` in `src/transformers/models/*/configuration_*.py`.
  static let all = [
    ModelFamily(types: ["vit"]), ModelFamily(types: ["vit_msn"]),
    ModelFamily(
      types: ["vit_mae"],
      note: "the encoder, of all patches, as it is fine-tuned; pre-training's mask and decoder are left out"),
    ModelFamily(types: ["deit"], extra: (1, "its distillation token is")),
    ModelFamily(
      types: ["dinov2", "dinov2_with_registers"], mlp: .ratio, patch: nil,
      classifierNote: "its classifier sees the class token beside the mean of the patches: twice as wide as here"),
    ModelFamily(types: ["clip_vision_model"], patch: 32),
    ModelFamily(types: ["siglip_vision_model"], head: .map),
  ]

  static func of(_ type: String) -> ModelFamily? { all.first { $0.types.contains(type) } }
}

extension ModelDescription {
  /// Reads a `config.json` of Hugging Face: a plain ViT, or the image tower under `vision_config`.
  ///
  /// - Throws: `ConfigurationError`.
  mutating func readHuggingFace(_ file: ModelFields) throws(ConfigurationError) {
    var file = file
    let type = try file.text("model_type")
    guard file.values["vision_config"] != nil else {
      try read(&file, type: type ?? "vit", typeKey: "model_type")
      if type == nil { remark("it has no model_type: read as vit") }
      return leave(file)
    }
    guard var vision = try file.object("vision_config") else { throw file.error("vision_config", "must be an object") }
    if file.values["text_config"] != nil {
      remark("its text model (text_config) is left out: training both needs more")
    }
    let own = try vision.text("model_type") ?? ["clip", "siglip"].first { $0 == type }.map { $0 + "_vision_model" }
    guard let own else { throw vision.error("model_type", "is required: what the image tower is") }
    try read(&vision, type: own, typeKey: "model_type")
    leave(vision)
    leave(file)
  }

  private mutating func read(
    _ fields: inout ModelFields, type: String, typeKey: String
  ) throws(ConfigurationError) {
    guard let family = ModelFamily.of(type) else { throw unknown(type, fields) }
    if let channels = try fields.count("num_channels"), channels != 3 {
      throw fields.error(
        "num_channels", "must be 3: a step here reads RGB images; give the numbers of the shape for those")
    }
    shape.width = assume("hidden_size", try fields.count("hidden_size"), else: 768)
    shape.depth = assume("num_hidden_layers", try fields.count("num_hidden_layers"), else: 12)
    shape.heads = assume("num_attention_heads", try fields.count("num_attention_heads"), else: 12)
    switch family.mlp {
    case .width(let width):
      shape.mlpWidth = assume("intermediate_size", try fields.count("intermediate_size"), else: width)
    case .ratio:
      let ratio = assume("mlp_ratio", try fields.ratio("mlp_ratio"), else: 4.0)
      shape.mlpWidth = try fields.hidden(min(shape.width, Configuration.Limits.mlpWidth), times: ratio, "mlp_ratio")
    }
    if let patch = family.patch {
      shape.patch = assume("patch_size", try fields.side("patch_size"), else: patch)
    } else {
      guard let patch = try fields.side("patch_size") else { throw fields.error("patch_size", "is required") }
      shape.patch = patch
    }
    imageSize = assume("image_size", try fields.side("image_size"), else: 224)
    name(
      [
        "shape.width": "hidden_size", "shape.depth": "num_hidden_layers", "shape.heads": "num_attention_heads",
        "shape.patch": "patch_size", "imageSize": "image_size",
        "shape.mlpWidth": fields.values["intermediate_size"] != nil ? "intermediate_size" : "mlp_ratio",
        "classes": fields.values["num_labels"] != nil ? "num_labels" : "id2label",
      ], fields)
    for key in ["use_swiglu_ffn", "use_gated_mlp"] where try fields.flag(key) == true {
      throw fields.error(
        key,
        "must be false: a gated MLP keeps other tensors than the plain one here; one of as many parameters is "
          + Self.options(shape))
    }
    if let note = family.note { remark(note) }
    head = family.head
    if try fields.flag("vision_use_head") == false { head = nil }
    try readClasses(&fields, family)
    if let extra = family.extra { try leaveOut(tokens: extra.count, named: extra.name, fields, typeKey) }
    if let registers = try fields.countFromZero("num_register_tokens") {
      try leaveOut(tokens: registers, named: "its register tokens are", fields, "num_register_tokens")
    }
  }

  /// Reads the classes if the model has a classifier: every configuration lists two labels by default.
  private mutating func readClasses(
    _ fields: inout ModelFields, _ family: ModelFamily
  ) throws(ConfigurationError) {
    var isClassifier = fields.path.isEmpty
    if case .array(let names)? = fields.value("architectures") {
      isClassifier = names.contains {
        if case .string(let name) = $0 { name.contains("ForImageClassification") } else { false }
      }
    }
    let labels: Int? =
      if case .object(let labels)? = fields.values["id2label"] { labels.count } else { nil }
    guard isClassifier, let count = try fields.count("num_labels") ?? labels else { return }
    _ = fields.value("id2label")
    _ = fields.value("label2id")
    classes = count
    if let note = family.classifierNote { remark(note) }
  }

  private func unknown(_ type: String, _ fields: ModelFields) -> ConfigurationError {
    var rule = "must be one of " + ModelFamily.all.flatMap(\.types).joined(separator: ", ")
    func number(_ key: String) -> Int? { if case .integer(let value)? = fields.values[key] { value } else { nil } }
    if let width = number("hidden_size"), let depth = number("num_hidden_layers"),
      let mlpWidth = number("intermediate_size"), let heads = number("num_attention_heads"),
      let patch = number("patch_size")
    {
      let shape = Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: patch)
      rule += "; where its blocks are plain ones, ask by numbers: " + Self.options(shape)
    }
    return ConfigurationError(
      key: fields.path + "model_type", value: "\(LooseValue.string(type))", rule: rule)
  }
  /// A shape written as command-line options.
  private static func options(_ shape: Shape) -> String {
    "--width \(shape.width) --depth \(shape.depth) --mlp-width \(shape.mlpWidth) --heads \(shape.heads) --patch "
      + "\(shape.patch)"
  }
}
