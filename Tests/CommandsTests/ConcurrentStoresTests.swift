import Foundation
import Testing

/// Real processes that share a store from its first moment on.
@Suite struct ConcurrentStoresTests {
  private let program: Program

  init() throws { program = try Program() }

  @Test func twoProcessesMayMakeTheSameStore() throws {
    defer { program.remove() }
    for pair in 0..<20 {
      let store = "s\(pair).sqlite"
      let both = [
        try program.start("enumerate", "small", "--store", store),
        try program.start("enumerate", "small", "--store", store),
      ]
      for answer in try both.map({ try $0.end() }) {
        #expect(answer.status == 0, "pair \(pair): \(answer.errors)")
      }
      #expect(
        try program.sqlite(
          store,
          "SELECT (SELECT count(*) FROM configuration), count(*), sum(new_rows), sum(confirmed_rows) FROM run "
            + "WHERE status = 'finished'") == "192|2|192|192")
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: program.path("")).filter { $0.contains("-lock") }
    #expect(left == [])
  }

  /// A reader that comes while a store is made waits, or finds none yet; it never takes it for another program's.
  @Test func aReaderNeverTakesAHalfMadeStoreForSomethingElse() throws {
    defer { program.remove() }
    for pair in 0..<10 {
      let store = "s\(pair).sqlite"
      let writer = try program.start("enumerate", "small", "--store", store)
      for _ in 0..<4 {
        let reader = try program.run("runs", "list", "--store", store)
        #expect(reader.status == 0 || reader.errors.contains("there is no such file"), "\(reader.errors)")
      }
      #expect(try writer.end().status == 0)
    }
  }
}
