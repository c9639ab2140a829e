import Foundation
import Scheduling
import Testing

@testable import Compilation

/// Programs as graphs that are scheduled.
struct GraphTests {
  private static let array = HLOShape(
    elementType: .f32, dimensions: [8, 128], minorToMajor: [1, 0], tiles: [[8, 128]])

  /// A module of instructions numbered by their place; the last is its result.
  private func module(_ instructions: [HLOInstruction]) -> HLOModule {
    var computation = HLOComputation()
    computation.instructions = instructions.enumerated().map { index, instruction in
      var own = instruction
      own.id = index
      return own
    }
    computation.root = instructions.count - 1
    var module = HLOModule()
    module.computations[0] = computation
    return module
  }

  private func instruction(_ opcode: String, _ shape: HLOShape = array, _ operands: [Int] = []) -> HLOInstruction {
    var made = HLOInstruction()
    (made.name, made.opcode, made.shape, made.operands) = (opcode, opcode, shape, operands)
    return made
  }

  @Test func aFinalProgramIsAGraph() throws {
    let module = try HLOModule(
      format: "hlo_with_config", bytes: try BuildFolder.golden("step-libtpu-0.0.17.1.hlo"))
    let graph = try module.scheduledGraph()
    let entry = try #require(module.computations[module.entry])
    #expect(graph.nodes.map(\.name) == entry.instructions.map(\.name))
    let fusion = try #require(graph.nodes.first { $0.name == "fusion" })
    #expect(fusion.origin == "forward/block0/mlp/contract" && fusion.role == .work)
    // The table of two pointers, a number and bf16[64,1024], each rounded up to 1,024 bytes.
    #expect(fusion.defined.map { graph.values[$0].bytes } == [1024, 1024, 64 * 1024 * 2])
    #expect(fusion.defined.map { graph.values[$0].path } == [[], [0], [1]])
    let finer = try module.scheduledGraph(alignment: 512)
    #expect(fusion.defined.map { finer.values[$0].bytes } == [512, 1024, 64 * 1024 * 2])
  }

  @Test func anElementIsReadWithoutTheRestOfItsTuple() throws {
    let pair = HLOShape(elementType: .tuple, elements: [Self.array, Self.array])
    var second = instruction("get-tuple-element", Self.array, [1])
    second.index = 1
    let graph = try module([instruction("parameter"), instruction("fusion", pair, [0]), second]).scheduledGraph()
    #expect(graph.nodes[1].carried == [1, 2, 3])
    #expect(graph.nodes[2].carried == [3] && graph.nodes[2].reads == [1, 3] && graph.nodes[2].defined.isEmpty)
    #expect(graph.nodes[2].role == .element(1))
    #expect(graph.resultBytes == 4096)
  }

  @Test func elementwiseWorkMayWriteOverItsOperand() throws {
    let wide = HLOShape(elementType: .bf16, dimensions: [8, 128], minorToMajor: [1, 0], tiles: [[8, 128], [2, 1]])
    let graph = try module([
      instruction("parameter"), instruction("add", Self.array, [0, 0]), instruction("copy", Self.array, [1]),
      instruction("convert", wide, [2]), instruction("negate", wide, [3]),
    ]).scheduledGraph()
    #expect(graph.values.map(\.mayReplace) == [[], [0], [], [], [3]])
  }

  @Test func argumentsThatAreUpdatedInPlaceAreDonated() throws {
    var step = module([instruction("parameter"), instruction("add", Self.array, [0, 0])])
    step.donations = [HLODonation()]
    let graph = try step.scheduledGraph()
    #expect(graph.donations == [.init(argument: 0, result: 1)])
    step.donations[0].argument = 7
    #expect(throws: HLOModule.DecodingError.self) { try step.scheduledGraph() }
  }

  @Test func referencesToWhatDoesNotPrecedeAreRefused() {
    #expect(throws: HLOModule.DecodingError.self) {
      try module([instruction("add", Self.array, [1]), instruction("parameter")]).scheduledGraph()
    }
    var waiting = instruction("parameter")
    waiting.predecessors = [5]
    #expect(throws: HLOModule.DecodingError.self) { try module([waiting]).scheduledGraph() }
    #expect(throws: HLOModule.DecodingError.self) { try HLOModule().scheduledGraph() }
  }

  @Test func sizesBeyondNumbersSaturate() throws {
    let vast = HLOShape(elementType: .f32, dimensions: [Int.max, Int.max], minorToMajor: [1, 0], tiles: [[8, 128]])
    let graph = try module([instruction("fusion", vast)]).scheduledGraph()
    #expect(graph.values[0].bytes == ScheduledGraph.Value.mostBytes)
  }

  @Test func aFolderWithoutADumpSaysSo() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "graph-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let dump = GraphDump(folder: folder)
    #expect(throws: GraphDump.Failure.missing) { try dump.read(alignment: 1024) }
    try Data("not a program".utf8).write(to: folder.appending(path: "m.before_hlo-memory-scheduler.hlo.pb"))
    #expect(throws: GraphDump.Failure.self) { try dump.read(alignment: 1024) }
    #expect(
      dump.flags(beside: "--xla_mine=1").hasPrefix("--xla_mine=1 --xla_dump_to='\(folder.path(percentEncoded: false))'")
    )
  }
}
