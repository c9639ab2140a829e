import Evidence
import Foundation
import Testing
import VisionTransformer

/// Measurements of several hosts in one store: kept apart, chosen from, and compared.
@Suite struct HostTests {
  private let program: Program

  init() throws {
    program = try Program()
    // Two nodes of one kind share six depths; a faster host and a loaded one measured some of them.
    var lines: [String] = []
    for depth in 1...6 {
      lines.append(line(depth, Double(depth), "node\(depth % 2 + 1)", "EPYC 9B14, 2 threads, AVX2, OpenBLAS 0.3.21"))
      if depth > 2 {
        lines.append(line(depth, Double(depth) / 4, "big", "Xeon 8481C, 8 threads, AVX-512, OpenBLAS 0.3.21"))
      }
      if depth == 3 { lines.append(line(depth, 60, "slow", "Atom, 1 thread, AVX2, OpenBLAS 0.3.21", disturbed: true)) }
    }
    let answer = try program.run(
      "runs", "import", "-", "--store", "s.sqlite", input: lines.joined(separator: "\n") + "\n")
    #expect(answer.status == 0, "\(answer.errors)")
  }

  private func line(
    _ depth: Int, _ seconds: Double, _ host: String, _ speaksFor: String, disturbed: Bool = false
  ) -> String {
    let configuration = Configuration(
      shape: Shape(width: 64, depth: depth, mlpWidth: 256, heads: 1, patch: 16), device: "cpu", batch: 2,
      precision: .float32, dataParallel: 1)
    var writer = JSONWriter()
    writer.result(
      StepResult(
        configuration: configuration, evidence: .measured, verdict: .fits, parameterCount: 1000 * depth,
        memory: MemoryBreakdown(total: Bytes(1000), limit: Bytes(2000)), flopsPerImage: FLOPs(9e9),
        stepSeconds: Seconds(seconds),
        provenance: Provenance(
          source: "shapefinder measurement", version: "1", speaksFor: speaksFor, host: host,
          time: "2026-01-0\(depth)T03:04:05Z", isDisturbed: disturbed)))
    return writer.text
  }

  private func map(_ words: String...) throws -> Program.Answer {
    try program.run(["map", "--from-store", "--store", "s.sqlite", "--format", "ndjson"] + words)
  }

  @Test func aMapIsOfOneKindOfHost() throws {
    defer { program.remove() }
    let all = try map()
    #expect(all.status == 64 && all.output == "")
    for part in [
      "several kinds of host", "--host", "on node2; EPYC 9B14, 2 threads", "| on big; Xeon", "| on slow; Atom",
    ] {
      #expect(all.errors.contains(part), "\(all.errors)")
    }
    // Nodes of one kind stand for one another.
    let epyc = try map("--host", "epyc 9b14, 2 threads")
    #expect(epyc.status == 0, "\(epyc.errors)")
    #expect(try epyc.lines().compactMap { $0["depth"] as? Int }.sorted() == Array(1...6))
    #expect(try map("--host", "node1").lines().compactMap { $0["depth"] as? Int }.sorted() == [2, 4, 6])
    // The newest of a configuration is not another host's.
    let big = try map("--host", "big").lines()
    #expect(big.compactMap { $0["depth"] as? Int }.sorted() == Array(3...6))
    let unknown = try map("--host", "Threadripper")
    #expect(unknown.status == 64)
    for part in ["Threadripper", "s.sqlite was on"] { #expect(unknown.errors.contains(part), "\(unknown.errors)") }
    let text = try program.run("map", "--from-store", "--store", "s.sqlite", "--host", "big").output
    #expect(text.contains("Xeon 8481C, 8 threads"), "\(text)")
  }

  @Test func hostsAreComparedOverWhatTheyHaveInCommon() throws {
    defer { program.remove() }
    let rows = try program.run("runs", "hosts", "--store", "s.sqlite", "--format", "ndjson").lines()
    #expect(rows.map { $0["host"] as? String } == ["big", "node2", "node1", "slow"])
    #expect(rows.map { $0["results"] as? Int } == [4, 3, 3, 1])
    #expect(rows.map { $0["inCommon"] as? Int } == [4, 2, 2, 0])
    #expect(rows.map { $0["timesAsFast"] as? Double } == [1, 0.25, 0.25, nil])
    #expect(rows.map { $0["disturbed"] as? Int } == [0, 0, 0, 1])
    #expect(rows[0]["speaksFor"] as? String == "Xeon 8481C, 8 threads, AVX-512, OpenBLAS 0.3.21")
    #expect(rows[0]["newest"] as? String == "2026-01-06T03:04:05Z")
  }

  @Test func resultsAndSelectionsAreThoseOfAHost() throws {
    defer { program.remove() }
    let some = try program.run("runs", "export", "--store", "s.sqlite", "--host", "node1").lines()
    #expect(some.compactMap { $0["depth"] as? Int } == [2, 4, 6])
    #expect(
      some.allSatisfy {
        let provenance = $0["provenance"] as? [String: Any]
        return provenance?["host"] as? String == "node1"
          && provenance?["speaksFor"] as? String == "EPYC 9B14, 2 threads, AVX2, OpenBLAS 0.3.21"
      })
    let shown = try program.run("runs", "show", "1", "--store", "s.sqlite").output
    #expect(shown.contains("measured on big; Xeon 8481C, 8 threads, AVX-512, OpenBLAS 0.3.21"), "\(shown)")
    let grid = [
      "select", "--depth", "1..6", "--width", "64", "--mlp-width", "256", "--heads", "1", "--patch", "16", "--device",
      "cpu",
      "--batch", "2", "--precision", "float32", "--data-parallel", "1", "--from-store", "measured", "--store",
      "s.sqlite",
    ]
    let all = try program.run(grid)
    #expect(all.status == 64 && all.errors.contains("several kinds of host"), "\(all.errors)")
    let big = try program.run(grid + ["--host", "big", "--format", "ndjson"])
    #expect(big.status == 0 && big.output.contains("\"host\":\"big\"") && !big.output.contains("node"), "\(big.errors)")
  }

  @Test func shapesThatNodesOfOneKindSharedAreComparedAsOne() throws {
    defer { program.remove() }
    let configurations = (3...4).map { depth in
      #"{"shape": {"width": 64, "depth": \#(depth), "mlpWidth": 256, "heads": 1, "patch": 16}, "device": "cpu", "batch": 2}"#
    }
    let text = try program.run(
      "compare", "--configurations", "-", "--store", "s.sqlite", input: configurations.joined(separator: "\n")
    ).output
    for heading in [
      "\nmeasured on node2, node1; EPYC 9B14, 2 threads, AVX2, OpenBLAS 0.3.21\n",
      "\nmeasured on big; Xeon 8481C, 8 threads, AVX-512, OpenBLAS 0.3.21\n",
    ] { #expect(text.contains(heading), "\(text)") }
  }

  @Test(arguments: [
    ("map --host x", "--host need --from-store"),
    ("map --from-store --evidence compiled --host x", "--host is of what was"),
    ("select small --host x", "--host needs --from-store measured"),
  ])
  func aHostIsOfMeasurements(command: String, message: String) throws {
    defer { program.remove() }
    let answer = try program.shell("\"$shapefinder\" \(command)")
    #expect(answer.status == 64 && answer.errors.contains(message), "\(answer.errors)")
  }
}
