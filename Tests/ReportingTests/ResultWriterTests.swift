import Foundation
import Testing
import VisionTransformer

@testable import Reporting
import Synchronization

@Suite struct ResultWriterTests {
  private let error = LineError(
    line: 3, ConfigurationError(key: "shape.heads", value: "7", rule: "must divide the width 768"))

  private func written(
    _ format: OutputFormat, answer: AnswerKind = .list, expectsErrors: Bool = false, terminal: Terminal = .plain,
    _ body: (inout ResultWriter) throws -> Void
  ) throws -> String {
    let sink = MemorySink()
    var writer = ResultWriter(
      .results, format: format, to: sink, terminal: terminal, answer: answer, expectsErrors: expectsErrors)
    try writer.begin()
    try body(&writer)
    try writer.end()
    return sink.text
  }

  @Test func resultHasTheContractsKeysInOrder() throws {
    let text = try written(.ndjson) { try $0.append(Sample.fits) }
    #expect(
      text == """
        {"shape":"ViT-G/14","device":"tpu-v3","batch":8,"imageSize":224,"head":"map","classes":29593,\
        "optimizer":"adafactor","precision":"bfloat16","gradientClipping":"none","rematerialization":"automatic",\
        "layers":"unrolled","dataParallel":8,"memoryLimit":null,"width":1664,"depth":48,"mlpWidth":8192,"heads":16,\
        "patch":14,"evidence":"estimated","verdict":"fits",\
        "parameterCount":1930012345,"memory":{"total":15139759718,"limit":16621523435,"livePeak":16224238960,\
        "arguments":11671573626,"parameters":7741678551,"optimizerState":3876207984,"inputs":53687091,\
        "temporaries":3468186091,"activations":3801046056,"gradients":440234147,"workspace":311385128,\
        "packing":429496729,"code":891205713,"paddingWaste":64424509},"flopsPerImage":965300000000,\
        "stepSeconds":0.5125,"imagesPerSecond":15.609756097560977,"disturbed":null,"provenance":{"source":"model","version":"1",\
        "speaksFor":"libtpu 0.0.17.1","host":null,"time":null,"notes":[]}}

        """)
  }

  @Test func shapeWithoutANameIsItsNumbersAndUnknownPartsAreNull() throws {
    let text = try written(.ndjson) { try $0.append(Sample.compiled) }
    #expect(text.hasPrefix(#"{"shape":{"width":1664,"depth":48,"mlpWidth":8192,"heads":16,"patch":14},"device""#))
    #expect(text.contains(#""memoryLimit":16000000000"#))
    #expect(text.contains(#""activations":null,"gradients":null"#))
    #expect(text.contains(#""stepSeconds":null,"imagesPerSecond":null"#))
    #expect(text.contains(#""notes":["487 instructions recomputed","says \"O2\""]"#))
  }

  @Test(arguments: [0, 1, 3, 2000]) func jsonIsOneArrayHoweverManyRows(count: Int) throws {
    let text = try written(.json) { writer in for _ in 0..<count { try writer.append(Sample.fits) } }
    let array = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    #expect(array.count == count)
    #expect(text.split(separator: "\n").count == max(count, 1))
    if count > 0 { #expect(array.last?["verdict"] as? String == "fits") }
  }

  @Test func singleAnswerIsTheObjectItself() throws {
    let text = try written(.json, answer: .single) { try $0.append(Sample.fits) }
    #expect(text.hasPrefix("{\"shape\"") && text.hasSuffix("}\n"))
  }

  @Test func csvHasOneFieldForEveryLeafOfTheJSON() throws {
    let json = try written(.ndjson) { try $0.append(Sample.compiled) }
    var object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    var leaves = Set<String>(["shape"])
    // The numbers of the shape have one column each, whether JSON has them once or twice.
    for key in Configuration.ShapeKey.allCases { object.removeValue(forKey: key.rawValue) }
    for key in ["shape", "memory", "provenance"] {
      let inner = try #require(object.removeValue(forKey: key) as? [String: Any])
      leaves.formUnion(inner.keys.map { key + "." + $0 })
    }
    leaves.formUnion(object.keys)
    let keys = Listing.results.keys
    #expect(Set(keys) == leaves)
    #expect(keys.count == leaves.count)
    let lines = try written(.csv) { try $0.append(Sample.compiled) }.components(separatedBy: "\r\n")
    #expect(lines.count == 3 && lines[2].isEmpty)
    #expect(lines[0].split(separator: ",").map(String.init) == keys)
    #expect(lines[1].hasPrefix(",1664,48,8192,16,14,tpu-v3,8,224,map,29593,adafactor,"))
    #expect(lines[1].hasSuffix(",tower,2026-01-02T03:04:05Z,\"487 instructions recomputed; says \"\"O2\"\"\""))
  }

  @Test func errorTakesThePlaceOfItsLine() throws {
    for format in OutputFormat.allCases {
      let text = try written(format, expectsErrors: true) { writer in
        try writer.append(Sample.fits)
        try writer.append(error)
        try writer.append(Sample.fits)
      }
      let message = "line 3: shape.heads: 7 is not valid: must divide the width 768"
      #expect(text.contains(message), "\(format)")
      let object =
        #"{"error":{"line":3,"key":"shape.heads","value":"7","rule":"must divide the width 768","message":"\#(message)"}}"#
      let lines = text.split { $0 == "\n" || $0 == "\r\n" }.map(String.init)
      switch format {
      case .ndjson: #expect(lines[1] == object && lines.count == 3)
      case .json:
        #expect(lines[1] == object + ",")
        #expect((try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [Any])?.count == 3)
      case .csv:
        #expect(
          lines[0].hasSuffix(",error")
            && lines[2] == String(repeating: ",", count: lines[0].count { $0 == "," }) + message)
        #expect(lines[1].hasSuffix(",") && lines[3] == lines[1])
      case .table: #expect(lines.count == 5 && lines[3] == message)
      }
    }
  }

  @Test func csvWithoutAnErrorColumnRefusesErrors() {
    #expect(throws: OutputError.noErrorColumn(error.message)) { try written(.csv) { try $0.append(error) } }
  }

  @Test func lineErrorWithoutAKeyStillSaysWhatIsWrong() {
    let lone = LineError(line: 1, value: "{\"sha", rule: "is not JSON")
    #expect(lone.message == "line 1: {\"sha is not JSON")
    #expect(LineError(line: nil, rule: "no input").message == "no input")
    var writer = JSONWriter()
    lone.write(to: &writer)
    #expect(writer.text.hasPrefix(#"{"error":{"line":1,"key":null,"value":"{\"sha","rule":"is not JSON""#))
  }

  @Test func tableStreamsAfterMeasuringItsFirstRows() throws {
    let sink = MemorySink()
    var writer = ResultWriter(.results, format: .table, to: sink, flushesEachRow: true)
    try writer.begin()
    for _ in 0..<499 { try writer.append(Sample.fits) }
    #expect(sink.bytes.isEmpty)
    try writer.append(Sample.fits)
    #expect(sink.text.split(separator: "\n").count == 502)
    try writer.append(Sample.doesNotFit)
    try writer.end()
    let lines = sink.text.split(separator: "\n")
    #expect(lines.count == 503)
    #expect(lines[0].hasPrefix("shape     head  optimizer  batch"))
    #expect(lines[2].contains("fits") && lines[2].contains("14.10 GiB") && lines[2].contains("1930 M"))
  }

  /// A sink that takes some bytes and then fails.
  private struct FailingSink: ByteSink {
    var room: Int
    var failure: OutputError
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
      room -= bytes.count
      if room < 0 { throw failure }
    }
  }

  @Test func failedWriteIsThrownAtTheRowThatNoticesIt() throws {
    var writer = ResultWriter(
      .results, format: .ndjson, to: FailingSink(room: 100_000, failure: .failed(code: 28, reason: "no space left")))
    try writer.begin()
    var rows = 0
    let thrown = #expect(throws: OutputError.self) {
      while rows < 1000 {
        try writer.append(Sample.fits)
        rows += 1
      }
    }
    #expect(thrown == .failed(code: 28, reason: "no space left"))
    #expect(rows > 65_536 / 1000 && rows < 200)
  }

  @Test func closedPipeIsItsOwnError() throws {
    FileDescriptorSink.reportClosedPipes()
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    var writer = ResultWriter(
      .results, format: .ndjson, to: FileDescriptorSink(pipe.fileHandleForWriting.fileDescriptor), flushesEachRow: true)
    try writer.begin()
    #expect(throws: OutputError.closed) { try writer.append(Sample.fits) }
  }

  @Test func badDescriptorNamesTheSystemsReason() throws {
    var writer = ResultWriter(.results, format: .json, to: FileDescriptorSink(-1), flushesEachRow: true)
    let error = #expect(throws: OutputError.self) { try writer.begin() }
    #expect(error?.description == "cannot write the output: Bad file descriptor")
  }

  @Test func pipeReceivesEveryByteInOrder() throws {
    let pipe = Pipe()
    // A thread of its own: tests that wait for processes may hold every thread of the pool.
    let received = Mutex(Data()), isDone = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
      received.withLock { $0 = bytes }
      isDone.signal()
    }
    var writer = ResultWriter(
      .results, format: .ndjson, to: FileDescriptorSink(pipe.fileHandleForWriting.fileDescriptor))
    try writer.begin()
    for _ in 0..<1000 { try writer.append(Sample.fits) }
    try writer.end()
    try pipe.fileHandleForWriting.close()
    let one = try written(.ndjson) { try $0.append(Sample.fits) }
    isDone.wait()
    #expect(received.withLock { $0 } == Data(String(repeating: one, count: 1000).utf8))
  }
}
