import CKernels
import Foundation
import Testing

extension Kernels {
  @Suite(.serialized) struct SmallTests {
    @Test(arguments: [(1, 1), (100, 100), (1000, 72), (257, 17), (5000, 5000)])
    func addRepeatsTheShorterOperand(_ count: Int, _ period: Int) {
      let (a, b) = (Floats.random(count, seed: 1), Floats.random(period, seed: 2))
      let wanted = (0..<count).map { a.start[$0] + b.start[$0 % period] }
      eachWay { way in
        let (y, onto) = (Floats(count), a.copy())
        way.run(
          sf_add, sf_add_arguments(count: Int64(count), period: Int64(period), a: a.start, b: b.start, y: y.start))
        way.run(
          sf_add, sf_add_arguments(count: Int64(count), period: Int64(period), a: onto.start, b: b.start, y: onto.start)
        )
        #expect(y.values == wanted && onto.values == wanted && y.isIntact, "\(way)")
      }
    }

    @Test func copyPrependsDropsAndTilesTokens() {
      let (batch, tokens, width) = (3, 5, 19)
      let (x, token) = (Floats.random(batch * tokens * width, seed: 1), Floats.random(width, seed: 2))
      let longer = Int64((tokens + 1) * width)
      eachWay { way in
        let (y, back) = (Floats(batch * Int(longer)), Floats(x.count))
        var a = sf_copy_arguments(
          blocks: Int64(batch), rows: Int64(tokens), n: Int64(width), x: x.start, x_block: Int64(tokens * width),
          x_row: Int64(width), y: y.start + width, y_block: longer, y_row: Int64(width), factor: 1)
        way.run(sf_copy, a)
        way.run(
          sf_copy,
          sf_copy_arguments(
            blocks: Int64(batch), rows: 1, n: Int64(width), x: token.start, x_block: 0, x_row: 0, y: y.start,
            y_block: longer, y_row: 0, factor: 1))
        (a.x, a.x_block, a.y, a.y_block, a.factor) = (
          .init(y.start + width), longer, back.start, Int64(tokens * width), 2
        )
        way.run(sf_copy, a)
        #expect(back.values == x.values.map { 2 * $0 }, "\(way)")
        #expect(
          (0..<batch).allSatisfy { b in (0..<width).allSatisfy { y.start[b * Int(longer) + $0] == token.start[$0] } })
        #expect(y.isIntact && back.isIntact)
      }
    }

    @Test(arguments: [(1, 1, 1), (1, 197, 192), (2, 17, 100), (5, 50, 33), (1, 4, 5000)])
    func sumRowsSumsWithinBlocks(_ blocks: Int, _ rows: Int, _ n: Int) {
      let x = Floats.random(blocks * rows * n, seed: 1)
      let wanted: [Double] = (0..<blocks).flatMap { block -> [Double] in
        let start = block * rows * n
        return Reference.columnSums(Array(x.doubles[start..<(start + rows * n)]), n).map { $0 * 0.25 }
      }
      eachWay { way in
        let y = Floats(blocks * n)
        way.run(
          sf_sum_rows,
          sf_sum_rows_arguments(
            blocks: Int64(blocks), rows: Int64(rows), n: Int64(n), x: x.start, x_block: Int64(rows * n),
            x_row: Int64(n), y: y.start, y_block: Int64(n), factor: 0.25))
        expectClose(y, wanted, tolerance: 1e-5, "sums", way)
      }
    }

    @Test func fillFillsAllOfIt() {
      eachWay { way in
        let y = Floats(1001)
        way.run(sf_fill, sf_fill_arguments(count: 1001, y: y.start, value: 0.5))
        #expect(y.values.allSatisfy { $0 == 0.5 } && y.isIntact, "\(way)")
      }
    }

    @Test(arguments: [(2, 32, 8), (1, 37, 7), (3, 14, 14)])
    func patchesAreWhatAConvolutionWithThatStrideSees(_ batch: Int, _ side: Int, _ patch: Int) {
      let images = Floats.random(batch * side * side * 3, seed: 1)
      let across = side / patch
      var wanted: [Float] = []
      for b in 0..<batch {
        for (i, j) in (0..<across * across).map({ ($0 / across, $0 % across) }) {
          for r in 0..<patch {
            for c in 0..<patch {
              for channel in 0..<3 {
                wanted.append(images.start[((b * side + i * patch + r) * side + j * patch + c) * 3 + channel])
              }
            }
          }
        }
      }
      eachWay { way in
        let rows = Floats(wanted.count)
        way.run(
          sf_patches,
          sf_patches_arguments(
            batch: Int64(batch), side: Int64(side), patch: Int64(patch), channels: 3, images: images.start,
            rows: rows.start))
        #expect(rows.values == wanted && rows.isIntact, "\(way)")
      }
    }

    @Test(arguments: [(1, 1), (2, 10), (3, 1001)])
    func crossEntropyAndItsGradient(_ batch: Int, _ classes: Int) {
      let (logits, labels) = (
        Floats.random(batch * classes, seed: 1, scale: 30),
        Floats.random(batch * classes, seed: 2, scale: 0.5, offset: 0.5)
      )
      let pairs = zip(logits.doubles, labels.doubles)
      let loss = pairs.reduce(0) { $0 + max($1.0, 0) - $1.0 * $1.1 + log1p(exp(-abs($1.0))) } / Double(batch)
      let gradient = pairs.map { (1 / (1 + exp(-$0)) - $1) / Double(batch) }
      eachWay { way in
        let (scratch, stride) = way.scratch(16)
        let (got, dlogits) = (Floats(1), logits.copy())
        way.run(
          sf_cross_entropy,
          sf_cross_entropy_arguments(
            batch: Int64(batch), classes: Int64(classes), logits: dlogits.start, labels: labels.start, loss: got.start,
            gradient: dlogits.start, scratch: scratch.start, scratch_stride: stride))
        expectClose(got, [loss], tolerance: 1e-6, "loss", way)
        expectClose(dlogits, gradient, tolerance: 1e-6, "gradient", way)
      }
    }

    @Test func theLossOfAWellClassifiedImageKeepsItsDigits() {
      let logits = Floats((0..<64).map { -Float($0) - 0.5 })
      let labels = Floats(64, 0)
      let loss = logits.doubles.reduce(0) { $0 + log1p(exp($1)) }
      eachWay { way in
        let (scratch, stride) = way.scratch(16)
        for i in [0, 20, 60] {
          let got = Floats(1)
          way.run(
            sf_cross_entropy,
            sf_cross_entropy_arguments(
              batch: 1, classes: 1, logits: logits.start + i, labels: labels.start, loss: got.start, gradient: nil,
              scratch: scratch.start, scratch_stride: stride))
          let wanted = log1p(exp(logits.doubles[i]))
          #expect(abs(Double(got.start[0]) / wanted - 1) < 1e-6, "\(i) \(way)")
        }
        let all = Floats(1)
        way.run(
          sf_cross_entropy,
          sf_cross_entropy_arguments(
            batch: 1, classes: 64, logits: logits.start, labels: labels.start, loss: all.start, gradient: nil,
            scratch: scratch.start, scratch_stride: stride))
        expectClose(all, [loss], tolerance: 1e-6, "loss", way)
      }
    }

    /// Without labels the gradient is the sigmoid: the exponential over its whole range, and what is no number.
    @Test func exponentialsKeepTheirDigitsAndDoNotHideWhatIsNotANumber() {
      let logits = Floats((0..<4000).map { (Float($0) - 2000) * 0.0431 } + [.nan, .infinity, -.infinity])
      let labels = Floats(logits.count, 0)
      eachWay { way in
        let (scratch, stride) = way.scratch(16)
        let got = Floats(logits.count)
        way.run(
          sf_cross_entropy,
          sf_cross_entropy_arguments(
            batch: 1, classes: Int64(logits.count), logits: logits.start, labels: labels.start, loss: nil,
            gradient: got.start, scratch: scratch.start, scratch_stride: stride))
        let wrong = (0..<4000).filter {
          abs(Double(got.start[$0]) * (1 + exp(-Double(logits.start[$0]))) - 1) > 5e-7
        }
        #expect(
          wrong.isEmpty, "\(wrong.count) wrong, the first at \(wrong.first.map { logits.start[$0] } ?? 0), \(way)")
        #expect(got.start[4000].isNaN && got.start[4001] == 1 && got.start[4002] < 1e-37)
      }
    }
  }

  @Suite(.serialized) struct TeamTests {
    @Test func everyThreadRunsEveryCallOnceAndInOrder() {
      eachWay { way in
        guard way.level == 0 else { return }
        // The counter rises by one a call, by thread 0 alone; fills in between are seen by the sums behind them.
        var step: Int32 = 0
        let (x, y) = (Floats(999), Floats(3))
        var seconds = [Double](repeating: 0, count: 3)
        for round in 1...200 {
          withUnsafeMutablePointer(to: &step) { step in
            let increment = sf_increment_arguments(step: step)
            let fill = sf_fill_arguments(count: 999, y: x.start, value: Float(round))
            let sum = sf_sum_rows_arguments(
              blocks: 1, rows: 333, n: 3, x: x.start, x_block: 0, x_row: 3, y: y.start, y_block: 0, factor: 1)
            withUnsafePointer(to: increment) { increment in
              withUnsafePointer(to: fill) { fill in
                withUnsafePointer(to: sum) { sum in
                  let calls = [
                    sf_call(kernel: sf_increment, arguments: increment), sf_call(kernel: sf_fill, arguments: fill),
                    sf_call(kernel: sf_sum_rows, arguments: sum),
                  ]
                  sf_team_run(way.team, calls, calls.count, &seconds)
                }
              }
            }
          }
          #expect(step == Int32(round))
          #expect(y.values == [Float](repeating: Float(333 * round), count: 3))
        }
        #expect(seconds.allSatisfy { $0 > 0 })
      }
    }

    @Test func aTeamWakesAfterItFellAsleepAndOutnumbersTheProcessors() throws {
      let team = try #require(sf_team_create(9))
      defer { sf_team_destroy(team) }
      #expect(sf_team_threads(team) == 9)
      let way = Way(level: Int(sf_level()), threads: 9, team: team)
      for value in 0..<5 {
        usleep(3000)
        let y = Floats(1000)
        way.run(sf_fill, sf_fill_arguments(count: 1000, y: y.start, value: Float(value)))
        #expect(y.values.allSatisfy { $0 == Float(value) })
      }
    }

    #if os(Linux)
      @Test func anIdleTeamUsesNoProcessorTime() throws {
        // Other tests run beside this one in the same process: only threads that came with the team count.
        let before = Set(Self.threadTimes().keys)
        let team = try #require(sf_team_create(3))
        defer { sf_team_destroy(team) }
        Way(level: 0, threads: 3, team: team).run(sf_fill, sf_fill_arguments(count: 0, y: nil, value: 0))
        usleep(20_000)
        let start = Self.threadTimes()
        usleep(200_000)
        let end = Self.threadTimes()
        let idle = start.filter { thread, time in
          !before.contains(thread) && (end[thread].map { $0 - time < 2_000_000 } ?? false)
        }
        #expect(idle.count >= 2)
      }

      /// Nanoseconds that each thread of this process has run.
      private static func threadTimes() -> [String: Int] {
        let tasks = "/proc/self/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        var times: [String: Int] = [:]
        for thread in threads {
          guard let text = try? String(contentsOfFile: "\(tasks)/\(thread)/schedstat", encoding: .utf8) else {
            continue
          }
          times[thread] = text.split(separator: " ").first.flatMap { Int($0) }
        }
        return times
      }
    #endif

    @Test func levelsStayWithinTheProcessors() {
      defer { sf_set_level(sf_cpu_level()) }
      #expect(sf_set_level(99) == sf_cpu_level())
      #expect(sf_set_level(-1) == 0 && sf_level() == 0)
      var name = [CChar](repeating: 1, count: 8)
      sf_cpu_name(&name, name.count)
      #expect(name.contains(0))
    }
  }
}
