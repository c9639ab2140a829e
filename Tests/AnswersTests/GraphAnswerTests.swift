import Catalog
import Compilation
import Evidence
import Testing
import VisionTransformer
import WorkerProcess

@testable import Answers

/// Graphs of a stand-in compiler that writes none.
struct GraphAnswerTests {
  private func ask(_ compiler: StubCompiler) throws -> GraphAnswer {
    let catalog = try Catalog.bundled()
    let configuration = Configuration(
      shape: Shape(width: 192, depth: 12, mlpWidth: 768, heads: 3, patch: 16), shapeName: "ViT-Ti/16",
      setting: Configuration.Setting())
    var observer = CountingObserver()
    return try GraphAnswer(
      CompileQuestion(configuration, catalog), compiler, settings: CompileSettings(), observer: &observer,
      AnswerContext(catalog: catalog))
  }

  @Test func aCompilerWithoutAGraphIsAnErrorWithItsWayOut() throws {
    let compiler = StubCompiler { StubCompiler.answer($0, total: Bytes(1 << 30)) }
    let error = try #require(throws: AnswerError.self) { try ask(compiler) }
    #expect(error.kind == .failure && error.message?.contains("--plugin 0.0.17.1") == true)
    #expect(compiler.asked.count == 1)
  }

  @Test func aCompileThatFailsSaysWhy() throws {
    let compiler = StubCompiler { _ in .failed(WorkerFailure(.garbled("no words"))) }
    let error = try #require(throws: AnswerError.self) { try ask(compiler) }
    #expect(error.kind == .failure && error.message?.hasPrefix("ViT-Ti/16: ") == true)
  }
}
