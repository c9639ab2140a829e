import TrainingStep
import VisionTransformer

/// Cycles of every class of work on one TPU core for given sizes.
///
/// Each class is the larger of three: its products on the matrix units over padded dimensions, its element-wise work on the
/// vector unit, and its bytes over the memory's bandwidth. Quantities are in vector registers of 8 x 128 padded elements.
/// Source of the structure and the constants: per-instruction `estimated_cycles` of 29 scheduled programs of libtpu 0.0.17.1
/// (`Validation/evidence`), every second one set aside; the constants are `Constants`.
struct StepTiming {
  /// What theory leaves open, each with a physical meaning, in cycles of a TPUv3 core.
  enum Constants {
    /// Overhead of a product over 128 x 128 multiply-adds a matrix unit and cycle.
    static let product = 1.045
    /// Share of the bandwidth that streaming fusions reach.
    static let stream = 0.90
    /// A register of any element-wise, reducing or transposing bfloat16 loop.
    static let loop = 13.9
    /// Reading one register of a float32 weight into a product: conversion and load.
    static let weightRead = 6.4
    /// The same where the rows pass in one go.
    static let weightReadOnePass = 2.7
    /// Writing one register of a weight gradient.
    static let gradientWrite = 5.0
    /// The rows are streamed twice where a width x width weight exceeds 4 MiB.
    static let splitOutput = 1.17
    /// Partial sums, a register of the hidden layer, where an MLP weight exceeds 8 MiB.
    static let splitContraction = 3.0
    /// First and last tile of a large fusion, which nothing overlaps.
    static let fill = 2500.0
    /// Large fusions of a block.
    static let fusions = 26.0
    /// Small statistics of a block.
    static let statistics = 10_000.0
    /// One small vector's update, with Adam and with Adafactor.
    static let vectorUpdate = 504.0
    static let vectorUpdateAdafactor = 840.0
  }

  private let optimizer: Optimizer
  private let clips, hasClassToken, writesLogitsGradient: Bool
  private let b, t, d, m, h, head, image, classes, patches, patch: Double
  /// The same, padded to sublanes and lanes.
  private let b8, b128, t8, t128, d8, d128, m128, head8, head128, image8, image128, classes8: Double
  // Reciprocals, where a division would take longer than all else of a price.
  /// Rows of a matrix unit, and cycles a multiply-add of all units.
  private let unit, cyclesPerProduct: Double
  /// Cycles a byte of the memory's bandwidth, and of the part of it that streaming fusions reach.
  private let cyclesPerByte, cyclesPerStreamedByte: Double
  private let element: Double
  private let isHalf: Bool
  /// Padded registers: residual stream, MLP hidden layer, logits, one of query/key/value, the same as projections write it.
  private let residual, hidden, logits, query, projected: Double
  /// Padded registers of an attention kernel and of an MLP kernel.
  private let attentionKernel, mlpKernel: Double
  private let rows: Double
  private let batchOnSublanes, batchOnLanes: Bool
  private let productOntoLanes, productFromHeads, mlpProduct: Double
  private let weightRead, gradientWrite, splitOutput, splitContraction: Double
  /// Cycles that several classes have in common.
  private let projection, projectionWeightGradient, projectionInputGradient, attentionValue, mlpUp, mlpDown: Double

  /// - Parameter writesLogitsGradient: `XLARegime.writesLogitsGradient`.
  init(_ structure: StepStructure, _ sizes: AxisSizes, writesLogitsGradient: Bool, device: borrowing Device) {
    typealias C = Constants
    optimizer = structure.optimizer
    self.writesLogitsGradient = writesLogitsGradient
    clips = structure.gradientClipping == .globalNorm
    hasClassToken = structure.head == .token
    func size(_ axis: Axis) -> Double { Double(sizes[axis]) }
    func up(_ axis: Axis, _ multiple: Int) -> Double { Double(roundUp(sizes[axis], multiple)) }
    b = size(.batch)
    t = size(.tokens)
    d = size(.width)
    m = size(.mlpWidth)
    h = size(.heads)
    head = size(.headWidth)
    image = size(.imageRows)
    classes = size(.classes)
    patch = size(.patchRows)
    patches = hasClassToken ? t - 1 : t
    cyclesPerByte = device.clock / device.bandwidth
    cyclesPerStreamedByte = cyclesPerByte / C.stream
    isHalf = structure.precision == .bfloat16
    element = isHalf ? 2 : 4

    b8 = up(.batch, 8)
    b128 = up(.batch, 128)
    t8 = up(.tokens, 8)
    t128 = up(.tokens, 128)
    d8 = up(.width, 8)
    d128 = up(.width, 128)
    m128 = up(.mlpWidth, 128)
    head8 = up(.headWidth, 8)
    head128 = up(.headWidth, 128)
    image8 = up(.imageRows, 8)
    image128 = up(.imageRows, 128)
    classes8 = up(.classes, 8)
    rows = min(b * t8, t * b8)
    batchOnSublanes = sizes[.batch] % 128 == 0 && t * b8 < b * t8
    batchOnLanes = b >= 128 && t * b128 < b * t128
    residual = min(rows * d128, b * d8 * t128, t * d8 * b128) / 1024
    hidden = rows * m128 / 1024
    logits = b * h * t8 * t128 / 1024
    query = b * h * min(head8 * t128, t8 * head128) / 1024
    projected = batchOnLanes ? min(query, t * b128 * h * head8 / 1024) : query
    attentionKernel = d128 * h * head8 / 1024
    mlpKernel = d128 * m128 / 1024
    let unit = Double(device.matrixUnitSize)
    let cyclesPerProduct = 1 / (Double(device.matrixUnits) * unit * unit)
    (self.unit, self.cyclesPerProduct) = (unit, cyclesPerProduct)
    func product(_ rows: Double, _ contracted: Double, _ columns: Double) -> Double {
      rows * Self.ceiling(contracted / unit) * unit * columns * cyclesPerProduct
    }
    productOntoLanes = product(projected * 1024 / (h * head8), d, h * head8)
    productFromHeads = product(rows, h * head, d128)
    mlpProduct = product(rows, d, m128)
    let onePass = rows <= 1024
    weightRead = onePass ? C.weightReadOnePass : C.weightRead
    gradientWrite = onePass ? 1 : C.gradientWrite
    splitOutput = 4 * d * d > 0x1p22 ? C.splitOutput : 1
    splitContraction = 4 * m * d > 0x1p23 && !onePass ? C.splitContraction * hidden : 0

    let element = element, streamed = cyclesPerStreamedByte
    func bytes(_ registers: Double) -> Double { 1024 * element * registers }
    func halfBytes(_ registers: Double) -> Double { 2048 * registers }
    projection = max(
      C.product * productOntoLanes + weightRead * attentionKernel, 19.5 * max(residual, projected),
      (bytes(residual) + halfBytes(projected) + 4096 * attentionKernel) * streamed)
    projectionWeightGradient = max(
      C.product * productOntoLanes + weightRead * attentionKernel, (batchOnLanes ? 15 : 11.7) * projected,
      (bytes(residual) + halfBytes(projected)) * streamed)
    projectionInputGradient = max(
      C.product * splitOutput * productFromHeads + weightRead * attentionKernel, 20 * residual,
      (bytes(residual) + halfBytes(projected)) * streamed)
    attentionValue = max(4.87 * logits * element / 2 + 19.8 * query, C.product * product(b * h * head8, t, t128))
    mlpUp = max(
      C.product * mlpProduct + weightRead * mlpKernel, 15.5 * hidden,
      (bytes(residual) + bytes(hidden) + 4096 * mlpKernel) * streamed)
    mlpDown = max(
      Self.overlap(C.product * mlpProduct, 13 * hidden) + weightRead * mlpKernel,
      (2 * bytes(residual) + bytes(hidden) + 4096 * mlpKernel) * streamed)
  }

  // Bytes of registers in the activations' type and in bfloat16, and cycles to stream bytes.
  private func bytes(_ registers: Double) -> Double { 1024 * element * registers }
  private func halfBytes(_ registers: Double) -> Double { 2048 * registers }
  private func stream(_ bytes: Double) -> Double { bytes * cyclesPerStreamedByte }
  @inline(__always)
  private func product(_ rows: Double, _ contracted: Double, _ columns: Double) -> Double {
    rows * Self.ceiling(contracted / unit) * unit * columns * cyclesPerProduct
  }

  // `rounded(.up)` is a call into the mathematics library on processors that are not asked for by name.
  @inline(__always)
  static func ceiling(_ value: Double) -> Double {
    guard value < 0x1p62 else { return value }
    let whole = Double(Int(value))
    return whole < value ? whole + 1 : whole
  }

  /// Writes the cycles of one operation of every class, in the order of `CostClass.all`.
  func write(_ cycles: UnsafeMutableBufferPointer<Double>) {
    var place = 0
    CostClass.forEach {
      cycles[place] = self.cycles($0)
      place &+= 1
    }
  }

  /// Cycles of one operation of a class.
  @inline(__always)
  func cycles(_ cost: CostClass) -> Double {
    typealias C = Constants
    switch cost {
    case .fused: return 0
    case .projection, .attentionOutputGradient: return projection
    case .projectionWeightGradient: return projectionWeightGradient
    case .logits:
      return max(
        isHalf ? 13.8 * logits + 10.8 * query : 0, stream(2 * halfBytes(query) + bytes(logits)),
        C.product * product(b * h * t128, head, t128))
    case .exponential: return (isHalf ? C.loop : 18.3) * logits
    case .attentionValue, .valueGradient: return attentionValue
    case .outputProjection:
      return max(
        C.product * splitOutput * productFromHeads + weightRead * attentionKernel, 25 * residual,
        stream(2 * bytes(residual) + halfBytes(query)))
    case .mlpUp: return mlpUp
    case .mlpDown: return mlpDown
    case .mlpDownWeightGradient: return max(C.product * mlpProduct + gradientWrite * mlpKernel, 14 * hidden)
    case .mlpUpWeightGradient: return max(C.product * mlpProduct + gradientWrite * mlpKernel, 8 * hidden)
    case .hiddenGradient:
      return max(
        Self.overlap(C.product * mlpProduct, (isHalf ? 20.5 : 27) * hidden) + weightRead * mlpKernel / 2,
        stream(bytes(residual) + 2 * bytes(hidden) + 4096 * mlpKernel))
    case .mlpInputGradient:
      return max(
        C.product * mlpProduct + splitContraction + weightRead * mlpKernel, 10.2 * hidden,
        stream(3 * bytes(residual) + halfBytes(hidden) + 4096 * mlpKernel))
    case .logitsGradient:
      return max(isHalf ? 18.6 * logits + 11.3 * query : 0, stream(3 * halfBytes(query) + 2 * bytes(logits)))
    case .queryOrKeyGradient: return queryOrKeyGradient
    case .projectionInputGradient: return projectionInputGradient
    case .attentionNormGradient:
      let last = max(
        Self.overlap(C.product * splitOutput * productFromHeads, 31.5 * residual) + weightRead * attentionKernel,
        stream(5 * bytes(residual)))
      return max(0, last - projectionInputGradient)
    case .blockElementwise: return 2 * max(isHalf ? 28.2 * residual : 0, stream(4 * bytes(residual)))
    case .blockOverhead: return C.statistics + C.fusions * C.fill + copies
    case .recomputeBarrier:
      // The forward pass fuses both MLP products, so that the hidden layer is computed once more by tiles.
      return 2 * C.loop * residual + 0.47 * (mlpUp + mlpDown)
    case .embedPatches, .embedPatchesGradient, .positions, .pool, .classifier: return ends(cost)
    case .update(let kind): return update(kind)
    }
  }

  // Matrix and vector work that only partly overlap.
  private static func overlap(_ matrix: Double, _ vector: Double) -> Double {
    (matrix * matrix + vector * vector).squareRoot()
  }

  // What is written is computed once, by both; else for each of the two.
  private var queryOrKeyGradient: Double {
    if writesLogitsGradient { return max(22.8 * logits, stream(3 * bytes(logits))) / 2 + attentionValue }
    return max(4.8 * logits * element + 19.8 * query, stream(2 * bytes(logits) + 2 * halfBytes(query)))
  }

  // Projections write the batch on lanes where attention wants tokens.
  private var copies: Double {
    guard batchOnLanes else { return 0 }
    return (t8 * head128 < head8 * t128 ? 4 : 11) * Constants.loop * (query + projected)
  }
}

// MARK: - Stem, head and update

extension StepTiming {
  @inline(__always)
  private func ends(_ cost: CostClass) -> Double {
    var convolution: Double { 1.055 * b * patches * 3 * patch * patch * d128 * cyclesPerProduct }
    var imageBytes: Double { image * image * 8 * b128 * cyclesPerByte / 0.8 }
    switch cost {
    case .embedPatches:
      return imageCast
        + max(convolution + 0.625 * image * image * d128 / 128 * (b < 128 ? 1 : 0.8), imageBytes)
    case .embedPatchesGradient:
      let relayout = b > 4 ? min(4.5, max(0, 7.6 - 0.097 * b)) : 1.5 * d128 / 128
      return max(convolution + image * image * relayout, imageBytes)
    case .positions:
      let relayout = batchOnSublanes ? 0 : (hasClassToken ? 40 : 75) * residual
      return max(28.2 * residual, stream(5 * bytes(residual))) + relayout
    case .pool(.token): return (batchOnSublanes ? 60 : 75) * residual
    case .pool(.gap): return 29 * residual
    case .pool(.map):
      let weights = 2 * d * m + 4 * d * d
      return 2 * projection + 2 * projectionWeightGradient + 2 * projectionInputGradient
        + 10 * residual + 38 * query + 8 * weights * (cyclesPerByte / 0.78) + 14.2 * weights / 1024
    case .classifier:
      let weights = classes8 * d128
      return 2 * (4 * weights * (cyclesPerByte / 0.88) + 6000)
        + (isHalf ? 14.2 * weights / 1024 : 4 * weights * (cyclesPerByte / 0.88))
        + 12 * b * classes * (cyclesPerByte / 0.5)
    default: return 0
    }
  }

  // The images cast to bfloat16, and turned so that the convolution reads patches from lanes.
  private var imageCast: Double {
    if image * image * b128 <= b * image8 * image128 { return 3 * image * image8 * b128 * 6 / 249 }
    return (isHalf ? 3 * b * image8 * image128 * 6 / 249 : 0) + image * image128 * (9.5 + 0.042 * b8)
  }

  // Bytes of state a parameter that the update reads and writes, over the bandwidth.
  @inline(__always)
  private func update(_ kind: ParameterKind) -> Double {
    let elements: Double
    switch kind {
    case .attentionKernel: elements = 1024 * attentionKernel
    case .mlpKernel: elements = d8 * m128
    case .classifier: elements = classes8 * d128
    case .patchKernel: elements = 3 * (patch * patch) * d128
    case .positions: elements = t8 * d128
    case .vector:
      return optimizer == .adafactor ? Constants.vectorUpdateAdafactor : Constants.vectorUpdate
    }
    // The parameter and its moments are read and written.
    let state = 2 * Double(ElementType.float32.size + optimizer.moments.bytesOfKernel)
    let sweep = 14.4 * elements / 1024 * (isHalf ? 1 : 1.3)
    return elements * (state + element) * (cyclesPerByte / 0.93) + 2500
      + (optimizer == .adafactor ? sweep : 0) + (clips ? sweep : 0)
  }
}
