extension Primitive {
  /// The primitive's name without its payload: `contract`, `layerNorm`.
  ///
  /// Spelt out, because reflection would take longer than building the program.
  public var name: String {
    switch self {
    case .embedPatches: "embedPatches"
    case .embedPatchesKernelGradient: "embedPatchesKernelGradient"
    case .contract: "contract"
    case .addBroadcast: "addBroadcast"
    case .add: "add"
    case .scaleByHeadWidth: "scaleByHeadWidth"
    case .sum: "sum"
    case .broadcast: "broadcast"
    case .convert: "convert"
    case .layerNorm: "layerNorm"
    case .layerNormGradient: "layerNormGradient"
    case .softmax: "softmax"
    case .softmaxGradient: "softmaxGradient"
    case .gelu: "gelu"
    case .geluGradient: "geluGradient"
    case .prependToken: "prependToken"
    case .dropToken: "dropToken"
    case .takeToken: "takeToken"
    case .padToken: "padToken"
    case .meanTokens: "meanTokens"
    case .meanTokensGradient: "meanTokensGradient"
    case .sigmoidCrossEntropy: "sigmoidCrossEntropy"
    case .sigmoidCrossEntropyGradient: "sigmoidCrossEntropyGradient"
    case .allReduceMean: "allReduceMean"
    case .globalNormFactor: "globalNormFactor"
    case .scaleByFactor: "scaleByFactor"
    case .increment: "increment"
    case .sgdUpdate: "sgdUpdate"
    case .momentumUpdate: "momentumUpdate"
    case .adamUpdate: "adamUpdate"
    case .adafactorUpdate: "adafactorUpdate"
    case .adafactorUnfactoredUpdate: "adafactorUnfactoredUpdate"
    case .barrier: "barrier"
    }
  }
}
