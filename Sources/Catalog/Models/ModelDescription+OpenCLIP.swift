import VisionTransformer

extension ModelDescription {
  /// Reads the image tower of an open_clip model: a file of `model_configs/`, an `open_clip_config.json` (which holds
  /// it under `model_cfg`), or its `vision_cfg` alone.
  ///
  /// Source: open_clip, `CLIPVisionCfg` and `_build_vision_tower` in `src/open_clip/model.py`; heads are `width // head_width`,
  /// the MLP-width is `int(width * mlp_ratio)`.
  ///
  /// - Throws: `ConfigurationError`.
  mutating func readOpenCLIP(_ file: ModelFields) throws(ConfigurationError) {
    var file = file
    if var model = try file.object("model_cfg") {
      try readOpenCLIPModel(&model)
      leave(model)
    } else {
      try readOpenCLIPModel(&file)
    }
    leave(file)
  }

  private mutating func readOpenCLIPModel(_ model: inout ModelFields) throws(ConfigurationError) {
    guard model.values["vision_cfg"] != nil else { return try readVision(&model) }
    guard var vision = try model.object("vision_cfg") else { throw model.error("vision_cfg", "must be an object") }
    if model.values["text_cfg"] != nil { remark("its text tower (text_cfg) is left out: training both needs more") }
    try readVision(&vision)
    leave(vision)
  }

  private mutating func readVision(_ vision: inout ModelFields) throws(ConfigurationError) {
    imageSize = assume("image_size", try vision.side("image_size"), else: 224)
    keys["imageSize"] = vision.path + "image_size"
    if let name = try vision.text("timm_model_name") {
      try readTimmName(name, vision, "timm_model_name")
      head = Self.timmPooling[try vision.text("timm_pool") ?? "avg"]
      return
    }
    if case .array? = vision.values["layers"] {
      throw vision.error("layers", "must be one number: a list is that of a ResNet, which is no Vision Transformer")
    }
    if let dropped = try vision.share("patch_dropout"), dropped > 0 {
      throw vision.error(
        "patch_dropout", "must be 0: a step that drops patches has fewer tokens; give a smaller image")
    }
    let width = assume("width", try vision.count("width"), else: 768)
    let headWidth = assume("head_width", try vision.count("head_width"), else: 64)
    let ratio = assume("mlp_ratio", try vision.ratio("mlp_ratio"), else: 4.0)
    guard width % headWidth == 0 else { throw vision.error("head_width", "must divide the width \(width)") }
    shape = Shape(
      width: width, depth: assume("layers", try vision.count("layers"), else: 12),
      mlpWidth: try vision.hidden(width, times: ratio, "mlp_ratio"), heads: width / headWidth,
      patch: assume("patch_size", try vision.side("patch_size"), else: 16))
    name(
      ["shape.width": "width", "shape.depth": "layers", "shape.mlpWidth": "mlp_ratio", "shape.heads": "head_width"],
      vision)
    keys["shape.patch"] = vision.path + "patch_size"
    if try vision.flag("attentional_pool") == true {
      remark("its attentional pooler is not the MAP head here, which has one query: the bytes of the head differ")
    } else if try vision.flag("global_average_pool") == true {
      head = .gap
    } else {
      head = ["tok": .token, "avg": .gap][try vision.text("pool_type") ?? "tok"]
    }
  }

  /// Records which keys of `fields` the contract's keys were read from.
  mutating func name(_ names: [String: String], _ fields: ModelFields) {
    for (key, own) in names { keys[key] = fields.path + own }
  }
}

extension ModelFields {
  /// A number of at least 0; nil if it is left out.
  mutating func share(_ key: String) throws(ConfigurationError) -> Double? {
    switch value(key) {
    case nil: return nil
    case .integer(let value) where value >= 0: return Double(value)
    case .number(let value, _) where value >= 0: return value
    case .some: throw error(key, "must be a number from 0")
    }
  }

  /// `int(width * ratio)` as Python computes it.
  func hidden(_ width: Int, times ratio: Double, _ key: String) throws(ConfigurationError) -> Int {
    let hidden = Double(width) * ratio
    guard hidden >= 1, hidden <= Double(Configuration.Limits.mlpWidth) else {
      throw error(key, "makes an MLP-width that is not between 1 and \(Configuration.Limits.mlpWidth)")
    }
    return Int(hidden)
  }
}
