import Synchronization

/// What theory leaves open of the model for a TPU: constants that were fitted to what its compiler said. Each stands in the device's
/// file under `shapes/calibrations`, with what it was fitted to and how far that is off; here they are plain numbers, for estimates
/// read them by the million.
///
/// Equal constants are kept once and never freed, so that a device or an estimate holds addresses and counts no references.
package struct FittedConstants: @unchecked Sendable, Hashable {
  /// Prices of work, in cycles a register of 8 x 128 padded elements where nothing else is said.
  package struct Cycles: Sendable {
    /// Overhead of a product over a full matrix unit a cycle.
    package let product: Double
    /// Share of the bandwidth that streaming fusions reach.
    package let stream: Double
    /// A register of any element-wise, reducing or transposing loop of bfloat16.
    package let loop: Double
    /// Rows up to which a product takes them in one pass.
    package let onePassRows: Double
    /// Reading a register of a float32 weight into a product: conversion and load.
    package let weightRead: Double
    /// The same where the rows pass in one go.
    package let weightReadOnePass: Double
    /// Writing a register of a weight gradient.
    package let gradientWrite: Double
    /// The same where the rows pass in one go.
    package let gradientWriteOnePass: Double
    /// Bytes of a width x width weight beyond which the rows are streamed twice.
    package let splitOutputBytes: Double
    /// What that takes, as a factor.
    package let splitOutput: Double
    /// Bytes of an MLP weight beyond which a contraction over it has partial sums.
    package let splitContractionBytes: Double
    /// What they take, a register of the hidden layer.
    package let splitContraction: Double
    /// First and last tile of a large fusion, which nothing overlaps.
    package let fill: Double
    /// Large fusions of a block.
    package let fusions: Double
    /// Small statistics of a block.
    package let statistics: Double
    /// Projections, a register of what is larger, residual stream or result.
    package let projection: Double
    /// Weight gradients of projections, a register of the projected.
    package let projectionWeightGradient: Double
    /// The same with the batch on lanes.
    package let projectionWeightGradientBatchOnLanes: Double
    /// Back through a projection, a register of the residual stream.
    package let projectionInputGradient: Double
    /// The output projection, a register of the residual stream.
    package let outputProjection: Double
    /// The layer norm behind the projections, backwards, a register of the residual stream.
    package let attentionNormGradient: Double
    /// Logits of bfloat16, a register of them.
    package let logits: Double
    /// And a register of a query.
    package let logitsQuery: Double
    /// Softmax of float32, a register of the logits; of bfloat16 it is a loop.
    package let exponentialFloat32: Double
    /// Attention weights times values, a register of bfloat16 logits.
    package let attentionValue: Double
    /// And a register of a query.
    package let attentionValueQuery: Double
    /// Gradient of the logits in bfloat16, a register of them.
    package let logitsGradient: Double
    /// And a register of a query.
    package let logitsGradientQuery: Double
    /// Softmax backwards where its result is written, a register of the logits.
    package let writtenLogitsGradient: Double
    /// Where it is computed for queries and keys each, a register of the logits and a byte of an element.
    package let fusedLogitsGradient: Double
    /// And a register of a query.
    package let fusedLogitsGradientQuery: Double
    /// Into the hidden layer, a register of it.
    package let mlpUp: Double
    /// Out of it.
    package let mlpDown: Double
    /// Weight gradient out of it.
    package let mlpDownWeightGradient: Double
    /// Weight gradient into it.
    package let mlpUpWeightGradient: Double
    /// Back into the hidden layer, a register of bfloat16.
    package let hiddenGradient: Double
    /// And of float32.
    package let hiddenGradientFloat32: Double
    /// Share of the weight that is read beside it.
    package let hiddenGradientWeightRead: Double
    /// Back out of the hidden layer, a register of it.
    package let mlpInputGradient: Double
    /// Layer norm and bias gradients of half a block in bfloat16, a register of the residual stream.
    package let elementwise: Double
    /// Share of both products of an MLP that full rematerialization runs once more.
    package let recomputedProducts: Double
    /// Loops a register to turn a batch on lanes into tokens on lanes.
    package let copyFromLanes: Double
    /// Loops a register to turn it into heads on lanes.
    package let copyToHeads: Double
    /// Overhead of the patch embedding over a full matrix unit.
    package let convolution: Double
    /// Share of the bandwidth that it reads images with.
    package let imageStream: Double
    /// Bytes a cycle of casting images to bfloat16.
    package let imageCastRate: Double
    /// Turning images so that patches are read from lanes, a row of lanes.
    package let imageTurn: Double
    /// And an image.
    package let imageTurnPerImage: Double
    /// Layout of the patches, a pixel and row of lanes of the width.
    package let patchLayout: Double
    /// The same with the batch on lanes, as a factor.
    package let patchLayoutBatchOnLanes: Double
    /// Layout of the patches for the kernel gradient, a pixel of one image.
    package let kernelLayout: Double
    /// What each image takes off.
    package let kernelLayoutPerImage: Double
    /// The most it takes.
    package let kernelLayoutMost: Double
    /// Images up to which the layout is that of one.
    package let fewImages: Double
    /// Its price there, a pixel and row of lanes of the width.
    package let kernelLayoutFewImages: Double
    /// Positional embedding and the first norm, backwards, a register of the residual stream.
    package let positions: Double
    /// And their layout without a class token.
    package let positionsLayout: Double
    /// And with one.
    package let positionsLayoutToken: Double
    /// Taking the class token, a register of the residual stream.
    package let poolToken: Double
    /// The same with the batch on sublanes.
    package let poolTokenBatchOnSublanes: Double
    /// The mean over tokens.
    package let poolGAP: Double
    /// A MAP head beside its products, a register of the residual stream.
    package let poolMAP: Double
    /// And a register of a query.
    package let poolMAPQuery: Double
    /// Share of the bandwidth that its weights are read with.
    package let poolMAPStream: Double
    /// Converting its weights, a register of them.
    package let poolMAPWeights: Double
    /// Share of the bandwidth that the classifier is read with.
    package let classifierStream: Double
    /// Beginning and end of each of its products.
    package let classifierFill: Double
    /// Converting the classifier to bfloat16, a register of it.
    package let classifierWeights: Double
    /// Share of the bandwidth that the loss is computed with.
    package let classifierLogitsStream: Double
    /// One small vector's update.
    package let vectorUpdate: Double
    /// The same with Adafactor.
    package let vectorUpdateAdafactor: Double
    /// Share of the bandwidth of an update.
    package let updateStream: Double
    /// Beginning and end of one.
    package let updateFill: Double
    /// Another pass over a gradient, for its norm or its factored moments, a register of bfloat16.
    package let updateSweep: Double
    /// The same of float32, as a factor.
    package let updateSweepFloat32: Double

    init<Failure: Error>(_ value: (_ name: String, _ neutral: Double) throws(Failure) -> Double) throws(Failure) {
      product = try value("cycles.product", 1)
      stream = try value("cycles.stream", 1)
      loop = try value("cycles.loop", 0)
      onePassRows = try value("cycles.onePassRows", 0)
      weightRead = try value("cycles.weightRead", 0)
      weightReadOnePass = try value("cycles.weightReadOnePass", 0)
      gradientWrite = try value("cycles.gradientWrite", 0)
      gradientWriteOnePass = try value("cycles.gradientWriteOnePass", 0)
      splitOutputBytes = try value("cycles.splitOutputBytes", 0)
      splitOutput = try value("cycles.splitOutput", 1)
      splitContractionBytes = try value("cycles.splitContractionBytes", 0)
      splitContraction = try value("cycles.splitContraction", 0)
      fill = try value("cycles.fill", 0)
      fusions = try value("cycles.fusions", 0)
      statistics = try value("cycles.statistics", 0)
      projection = try value("cycles.projection", 0)
      projectionWeightGradient = try value("cycles.projectionWeightGradient", 0)
      projectionWeightGradientBatchOnLanes = try value("cycles.projectionWeightGradientBatchOnLanes", 0)
      projectionInputGradient = try value("cycles.projectionInputGradient", 0)
      outputProjection = try value("cycles.outputProjection", 0)
      attentionNormGradient = try value("cycles.attentionNormGradient", 0)
      logits = try value("cycles.logits", 0)
      logitsQuery = try value("cycles.logitsQuery", 0)
      exponentialFloat32 = try value("cycles.exponentialFloat32", 0)
      attentionValue = try value("cycles.attentionValue", 0)
      attentionValueQuery = try value("cycles.attentionValueQuery", 0)
      logitsGradient = try value("cycles.logitsGradient", 0)
      logitsGradientQuery = try value("cycles.logitsGradientQuery", 0)
      writtenLogitsGradient = try value("cycles.writtenLogitsGradient", 0)
      fusedLogitsGradient = try value("cycles.fusedLogitsGradient", 0)
      fusedLogitsGradientQuery = try value("cycles.fusedLogitsGradientQuery", 0)
      mlpUp = try value("cycles.mlpUp", 0)
      mlpDown = try value("cycles.mlpDown", 0)
      mlpDownWeightGradient = try value("cycles.mlpDownWeightGradient", 0)
      mlpUpWeightGradient = try value("cycles.mlpUpWeightGradient", 0)
      hiddenGradient = try value("cycles.hiddenGradient", 0)
      hiddenGradientFloat32 = try value("cycles.hiddenGradientFloat32", 0)
      hiddenGradientWeightRead = try value("cycles.hiddenGradientWeightRead", 0)
      mlpInputGradient = try value("cycles.mlpInputGradient", 0)
      elementwise = try value("cycles.elementwise", 0)
      recomputedProducts = try value("cycles.recomputedProducts", 0)
      copyFromLanes = try value("cycles.copyFromLanes", 0)
      copyToHeads = try value("cycles.copyToHeads", 0)
      convolution = try value("cycles.convolution", 1)
      imageStream = try value("cycles.imageStream", 1)
      imageCastRate = try value("cycles.imageCastRate", 1)
      imageTurn = try value("cycles.imageTurn", 0)
      imageTurnPerImage = try value("cycles.imageTurnPerImage", 0)
      patchLayout = try value("cycles.patchLayout", 0)
      patchLayoutBatchOnLanes = try value("cycles.patchLayoutBatchOnLanes", 1)
      kernelLayout = try value("cycles.kernelLayout", 0)
      kernelLayoutPerImage = try value("cycles.kernelLayoutPerImage", 0)
      kernelLayoutMost = try value("cycles.kernelLayoutMost", 0)
      fewImages = try value("cycles.fewImages", 0)
      kernelLayoutFewImages = try value("cycles.kernelLayoutFewImages", 0)
      positions = try value("cycles.positions", 0)
      positionsLayout = try value("cycles.positionsLayout", 0)
      positionsLayoutToken = try value("cycles.positionsLayoutToken", 0)
      poolToken = try value("cycles.poolToken", 0)
      poolTokenBatchOnSublanes = try value("cycles.poolTokenBatchOnSublanes", 0)
      poolGAP = try value("cycles.poolGAP", 0)
      poolMAP = try value("cycles.poolMAP", 0)
      poolMAPQuery = try value("cycles.poolMAPQuery", 0)
      poolMAPStream = try value("cycles.poolMAPStream", 1)
      poolMAPWeights = try value("cycles.poolMAPWeights", 0)
      classifierStream = try value("cycles.classifierStream", 1)
      classifierFill = try value("cycles.classifierFill", 0)
      classifierWeights = try value("cycles.classifierWeights", 0)
      classifierLogitsStream = try value("cycles.classifierLogitsStream", 1)
      vectorUpdate = try value("cycles.vectorUpdate", 0)
      vectorUpdateAdafactor = try value("cycles.vectorUpdateAdafactor", 0)
      updateStream = try value("cycles.updateStream", 1)
      updateFill = try value("cycles.updateFill", 0)
      updateSweep = try value("cycles.updateSweep", 0)
      updateSweepFloat32 = try value("cycles.updateSweepFloat32", 1)
    }
  }

  /// Instructions of the optimized program.
  package struct Instructions: Sendable {
    /// Bytes that the compiler reserves for an instruction.
    package let bytes: Double
    /// Bytes that it reserves at most.
    package let mostBytes: Double
    /// A parameter under each optimizer.
    package let sgd: Double
    /// Fitted to limits in the log, to 2 %.
    package let sgdMomentum: Double
    package let adam: Double
    package let adamHalf: Double
    package let adafactor: Double
    /// And each moment that is factored.
    package let adafactorFactored: Double
    /// Once a step under each optimizer.
    package let adamOnce: Double
    package let adamHalfOnce: Double
    package let adafactorOnce: Double
    /// The head.
    package let tokenHead: Double
    package let gapHead: Double
    package let mapHead: Double
    /// A parameter, and once, where gradients are clipped.
    package let clippedParameter: Double
    package let clippedOnce: Double
    /// A block beside its parameters.
    package let block: Double
    /// The same with float32 activations.
    package let blockFloat32: Double
    /// A block, and once, where blocks are recomputed as asked.
    package let recomputedBlock: Double
    package let recomputedOnce: Double

    init<Failure: Error>(_ value: (_ name: String, _ neutral: Double) throws(Failure) -> Double) throws(Failure) {
      bytes = try value("instructions.bytes", 0)
      mostBytes = try value("instructions.mostBytes", 0)
      sgd = try value("instructions.sgd", 0)
      sgdMomentum = try value("instructions.sgdMomentum", 0)
      adam = try value("instructions.adam", 0)
      adamHalf = try value("instructions.adamHalf", 0)
      adafactor = try value("instructions.adafactor", 0)
      adafactorFactored = try value("instructions.adafactorFactored", 0)
      adamOnce = try value("instructions.adamOnce", 0)
      adamHalfOnce = try value("instructions.adamHalfOnce", 0)
      adafactorOnce = try value("instructions.adafactorOnce", 0)
      tokenHead = try value("instructions.tokenHead", 0)
      gapHead = try value("instructions.gapHead", 0)
      mapHead = try value("instructions.mapHead", 0)
      clippedParameter = try value("instructions.clippedParameter", 0)
      clippedOnce = try value("instructions.clippedOnce", 0)
      block = try value("instructions.block", 0)
      blockFloat32 = try value("instructions.blockFloat32", 0)
      recomputedBlock = try value("instructions.recomputedBlock", 0)
      recomputedOnce = try value("instructions.recomputedOnce", 0)
    }
  }

  /// Gaps between buffers.
  package struct Packing: Sendable {
    /// Gaps in units of one query tensor, counted twice, where 128 divides the tokens.
    package let gapsAligned: Double
    /// And elsewhere.
    package let gapsUnaligned: Double
    /// Gaps after rematerialization, as a share of the memory: seen from 0.3 to 2.6 %.
    package let gapsRematerialized: Double
    /// The most that a verdict counts on.
    package let mostGapsRematerialized: Double

    init<Failure: Error>(_ value: (_ name: String, _ neutral: Double) throws(Failure) -> Double) throws(Failure) {
      gapsAligned = try value("packing.gapsAligned", 0)
      gapsUnaligned = try value("packing.gapsUnaligned", 0)
      gapsRematerialized = try value("packing.gapsRematerialized", 0)
      mostGapsRematerialized = try value("packing.mostGapsRematerialized", 0)
    }
  }

  package let cycles: UnsafePointer<Cycles>
  package let instructions: UnsafePointer<Instructions>
  package let packing: UnsafePointer<Packing>
  /// Which they are of those that were made.
  package let number: Int

  private static let kept = Mutex<[[Double]: FittedConstants]>([:])

  /// The constants that `value` gives by name, such as `cycles.product`; `neutral` is what theory alone says, 1 of a factor or a share
  /// and 0 of what is added.
  package init<Failure: Error>(
    _ value: (_ name: String, _ neutral: Double) throws(Failure) -> Double
  ) throws(Failure) {
    var values: [Double] = []
    func read(_ name: String, _ neutral: Double) throws(Failure) -> Double {
      let number = try value(name, neutral)
      values.append(number)
      return number
    }
    let cycles = try Cycles(read), instructions = try Instructions(read), packing = try Packing(read)
    self = Self.kept.withLock { kept in
      if let known = kept[values] { return known }
      let made = FittedConstants(
        cycles: Self.address(of: cycles), instructions: Self.address(of: instructions),
        packing: Self.address(of: packing), number: kept.count)
      kept[values] = made
      return made
    }
  }

  private init(
    cycles: UnsafePointer<Cycles>, instructions: UnsafePointer<Instructions>, packing: UnsafePointer<Packing>,
    number: Int
  ) {
    self.cycles = cycles
    self.instructions = instructions
    self.packing = packing
    self.number = number
  }

  private static func address<Value>(of value: Value) -> UnsafePointer<Value> {
    let address = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    address.initialize(to: value)
    return UnsafePointer(address)
  }

  /// Theory alone: products at full speed, streams at the whole bandwidth, and nothing beside them.
  package static let none = FittedConstants { _, neutral in neutral }

  /// The names of all constants.
  package static let names = {
    var names: [String] = []
    _ = FittedConstants { name, neutral in
      names.append(name)
      return neutral
    }
    return names
  }()
  package static let known = Set(names)
}
