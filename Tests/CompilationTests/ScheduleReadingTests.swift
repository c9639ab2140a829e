import Evidence
import Testing
import VisionTransformer

@testable import Compilation

/// What is read of final programs: one that libtpu 0.0.17.1 made of `Golden/step.mlir`, and some written here.
struct ScheduleReadingTests {
  private func step() throws -> HLOModule {
    try HLOModule(format: "hlo_with_config", bytes: try BuildFolder.golden("step-libtpu-0.0.17.1.hlo"))
  }

  @Test func aRealProgramIsDecoded() throws {
    let module = try step()
    #expect(module.name == "jit_f" && module.isScheduled)
    let entry = try #require(module.computations[module.entry])
    #expect(entry.instructions.map(\.opcode).filter { $0 == "fusion" }.count == 2)
    let parameters = entry.instructions.filter { $0.opcode == "parameter" }
    #expect(parameters.map(\.shape.description) == ["f32[64,1024]{1,0:T(8,128)}", "f32[1024,1024]{1,0:T(8,128)}"])
    let fusion = try #require(entry.instructions.first { $0.name == "fusion" })
    #expect(fusion.cycles == 14350 && fusion.operationName == "forward/block0/mlp/contract")
    #expect(fusion.shape.description == "(f32[]{:T(256)}, bf16[64,1024]{1,0:T(8,128)(2,1)})")
  }

  @Test func cyclesAreSplitByPhaseAndPrimitive() throws {
    let reading = ScheduleReading(try step())
    #expect(reading.cycles == 14350 + 13520 + 29848 && reading.entryCycles == reading.cycles)
    #expect(reading.cyclesByPhase == [.forward: 14350, .backward: 13520, .update: 29848])
    #expect(
      reading.parts.map(\.place) == [
        OperationPlace(operationName: "update/sgdUpdate", opcode: ""),
        OperationPlace(operationName: "forward/block0/mlp/contract", opcode: ""),
        OperationPlace(operationName: "backward/block0/mlp/contract", opcode: ""),
      ])
    // The gradient and the loss, summed over the cores at once; it carries no cycles.
    #expect(reading.collectives == 1 && reading.collectiveBytes == Bytes(4 * 1024 * 1024 + 4))
    #expect(reading.seconds(clock: 940e6) == Seconds(Double(reading.cycles) / 940e6))
    #expect(reading.seconds(clock: 0) == nil)
  }

  @Test func thePeakIsTheSumOverTheCores() throws {
    let peak = ScheduleReading(try step()).peak
    #expect(peak.instruction == "all-reduce.2")
    // The gradient before and after, and the loss twice in a tile of 256 words.
    #expect(peak.temporaries == Bytes(2 * 4 * 1024 * 1024 + 2 * 1024 - 1024))
  }

  @Test(arguments: [
    ("forward/block3/mlp/contract", SchedulePhase.forward, "contract"),
    ("jit(step)/jit(main)/jvp(ViT)/Block_0/Mlp_0/Dense_0/dot_general", .forward, "dot_general"),
    ("jit(step)/jit(main)/transpose(jvp(ViT))/Block_0/Mlp_0/Dense_0/dot_general", .backward, "dot_general"),
    ("jit(step)/jit(main)/transpose(jvp(ViT))/Block_0/rematted_computation/tanh", .recompute, "tanh"),
    ("jit(step)/jit(main)/sub", .update, "sub"), ("update/adamUpdate", .update, "adamUpdate"), ("", .unknown, "copy"),
  ])
  func namesSayWhereTheyComeFrom(name: String, phase: SchedulePhase, primitive: String) {
    let place = OperationPlace(operationName: name, opcode: "copy")
    #expect(place.phase == phase && place.primitive == primitive)
  }

  @Test func loopsAreMultipliedByTheirTripCount() throws {
    for (comparison, bound, first, expected) in [("LT", 12, 0, 12), ("LT", 12, 2, 10), ("LE", 12, 0, 13)] {
      let module = try HLOModule(
        format: "hlo", bytes: Self.loop(comparison: comparison, bound: bound, first: first, cycles: 1000))
      let reading = ScheduleReading(module)
      #expect(reading.cycles == 500 + expected * 1000 && reading.entryCycles == 500 && reading.unknownLoops == 0)
    }
    let unknown = ScheduleReading(
      try HLOModule(format: "hlo", bytes: Self.loop(comparison: "GT", bound: 12, first: 0, cycles: 1000)))
    #expect(unknown.cycles == 1500 && unknown.unknownLoops == 1)
    let written = ScheduleReading(
      try HLOModule(format: "hlo", bytes: Self.loop(comparison: "GT", bound: 12, first: 0, cycles: 1000, known: 7)))
    #expect(written.cycles == 7500 && written.unknownLoops == 0)
  }

  @Test func whatIsComputedAgainIsCountedByKind() throws {
    var entry = HLOWriter()
    let shape = HLOWriter.shape([8, 128])
    entry.instruction(1, "p", "parameter", shape)
    entry.instruction(2, "fusion.1", "fusion", shape, [1], name: "forward/a/gelu", cycles: 10)
    entry.instruction(3, "fusion.1.remat", "fusion", shape, [1], name: "forward/a/gelu", cycles: 10)
    entry.instruction(4, "fusion.1.remat2", "fusion", shape, [1], name: "forward/a/gelu", cycles: 10)
    entry.instruction(5, "copy.3.remat_uncompressed", "copy", shape, [4])
    entry.instruction(6, "bitcast.1.remat", "bitcast", shape, [4])
    let reading = ScheduleReading(
      try HLOModule(format: "hlo", bytes: HLOWriter.module([entry.computation(9, root: 5)])))
    #expect(reading.rematerializedCount == 3 && reading.rematerializedCycles == 20)
    #expect(
      reading.rematerialized == [
        .init(primitive: "gelu", opcode: "fusion", count: 2), .init(primitive: "copy", opcode: "copy", count: 1),
      ])
  }

  @Test func paddingIsThatOfTheTiles() {
    func shape(_ type: HLOShape.ElementType, _ dimensions: [Int], _ tiles: [[Int]], order: [Int]? = nil) -> HLOShape {
      HLOShape(
        elementType: type, dimensions: dimensions,
        minorToMajor: order ?? Array(dimensions.indices.reversed()), tiles: tiles)
    }
    #expect(shape(.f32, [3, 5], [[8, 128]]).padded == Bytes(4 * 8 * 128))
    #expect(shape(.bf16, [2, 257, 257], [[8, 128], [2, 1]]).padded == Bytes(2 * 2 * 264 * 384))
    // Tokens on the lanes: the order of the dimensions decides.
    #expect(
      shape(.bf16, [32, 256, 12, 64], [[8, 128], [2, 1]], order: [1, 3, 2, 0]).padded == Bytes(2 * 32 * 12 * 64 * 256))
    #expect(shape(.bf16, [8, 224, 224, 3], [[4, 128], [2, 1]], order: [0, 3, 2, 1]).padded == Bytes(51_380_224))
    #expect(shape(.f32, [], [[256]]).padded == Bytes(1024))
    #expect(
      shape(.f32, [1000], [[1024]]).padded == Bytes(4096) && shape(.f32, [1000], [[1024]]).unpadded == Bytes(4000))
    var truth = shape(.pred, [16, 128], [[8, 128]])
    truth.elementBits = 32
    #expect(truth.padded == Bytes(4 * 16 * 128) && truth.unpadded == Bytes(16 * 128))
    #expect(shape(.f32, [.max, .max], [[8, 128]]).padded == Bytes(.max))
  }

  @Test func nothingIsReadBeyondTheEndOfABrokenProgram() throws {
    let whole = try BuildFolder.golden("step-libtpu-0.0.17.1.hlo")
    for count in stride(from: 0, to: whole.count, by: 7) {
      _ = (try? HLOModule(format: "hlo_with_config", bytes: Array(whole[..<count]))).map { ScheduleReading($0) }
    }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var broken = whole
      for _ in 0..<20 {
        broken[.random(in: broken.indices, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      _ = (try? HLOModule(format: "hlo_with_config", bytes: broken)).map { ScheduleReading($0) }
    }
    #expect(throws: HLOModule.DecodingError.format("mlir")) { try HLOModule(format: "mlir", bytes: whole) }
    #expect(throws: HLOModule.DecodingError.self) { try HLOModule(format: "hlo", bytes: Array("garbage".utf8)) }
  }

  /// A module with a loop from `first` to `bound` whose body takes `cycles`, behind 500 of its own.
  private static func loop(comparison: String, bound: Int, first: Int, cycles: Int, known: Int? = nil) -> [UInt8] {
    let number = HLOWriter.shape([], type: 4), state = HLOWriter.tuple([number])
    var body = HLOWriter(), condition = HLOWriter(), entry = HLOWriter()
    body.instruction(1, "state", "parameter", state)
    body.instruction(2, "work", "fusion", number, [1], name: "forward/block0/mlp/contract", cycles: cycles)
    body.instruction(3, "next", "tuple", state, [2])
    condition.instruction(4, "state", "parameter", state)
    condition.instruction(5, "i", "get-tuple-element", number, [4])
    condition.instruction(6, "n", "constant", number, constant: bound)
    condition.instruction(7, "less", "compare", HLOWriter.shape([], type: 1), [5, 6], comparison: comparison)
    entry.instruction(8, "first", "constant", number, constant: first)
    entry.instruction(9, "first.copy", "copy", number, [8], cycles: 500)
    entry.instruction(10, "state", "tuple", state, [9])
    entry.instruction(11, "while", "while", state, [10], called: [1, 2], trips: known)
    return HLOWriter.module([
      body.computation(1, root: 3), condition.computation(2, root: 7), entry.computation(9, root: 11),
    ])
  }
}

/// Writes small HLO modules as the compiler's protocol buffers have them.
struct HLOWriter {
  private var instructions: [[UInt8]] = []

  mutating func instruction(
    _ id: Int, _ title: String, _ opcode: String, _ shape: [UInt8], _ operands: [Int] = [], called: [Int] = [],
    name: String? = nil, cycles: Int? = nil, trips: Int? = nil, constant: Int? = nil, comparison: String? = nil
  ) {
    var writer = ProtobufWriter()
    writer.data(1, title.utf8)
    writer.data(2, opcode.utf8)
    writer.data(3, shape)
    if let name { writer.message(7) { $0.data(2, name.utf8) } }
    if let constant { writer.message(8) { $0.integers(4, [constant]) } }
    writer.integer(35, id)
    writer.integers(36, operands)
    writer.integers(38, called)
    if let cycles { writer.data(43, "{\"window_config\":{\"estimated_cycles\":\"\(cycles)\"}}".utf8) }
    if let trips { writer.data(43, "{\"known_trip_count\":{\"n\":\"\(trips)\"}}".utf8) }
    if let comparison { writer.data(63, comparison.utf8) }
    instructions.append(writer.bytes)
  }

  func computation(_ id: Int, root: Int) -> [UInt8] {
    var writer = ProtobufWriter()
    for instruction in instructions { writer.data(2, instruction) }
    writer.integer(5, id)
    writer.integer(6, root)
    return writer.bytes
  }

  /// A module whose last computation, number 9, is the first that runs.
  static func module(_ computations: [[UInt8]]) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.data(1, "module".utf8)
    for computation in computations { writer.data(3, computation) }
    writer.integer(6, 9)
    return writer.bytes
  }

  static func shape(_ dimensions: [Int], type: Int = 11) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.integer(2, type)
    writer.integers(3, dimensions)
    return writer.bytes
  }

  static func tuple(_ elements: [[UInt8]]) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.integer(2, 13)
    for element in elements { writer.data(4, element) }
    return writer.bytes
  }
}
