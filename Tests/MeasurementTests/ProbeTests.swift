import Catalog
import Estimation
import Testing
import VisionTransformer

@testable import Measurement

@Suite struct LeastSquaresTests {
  @Test func exactSumsAreFoundAgain() {
    let truth = SIMD8<Double>(2e-6, 4e-12, 0, 1e-10, 0, 0, 0, 0)
    let equations = (1...40).map { i in
      let row = SIMD8<Double>(1, Double(i * i) * 1e5, Double(i % 7) * 1e3, Double(i % 5) * 1e4, 0, 0, 0, 0)
      return LeastSquares.Equation(row: row, value: (row * truth).sum(), weight: 1)
    }
    let found = LeastSquares.solve(equations)
    for index in 0..<8 { #expect((found[index] - truth[index]).magnitude <= 1e-6 * truth.max() * 1e-3) }
    for equation in equations { #expect(((equation.row * found).sum() / equation.value - 1).magnitude < 1e-6) }
  }

  @Test func noCoefficientIsNegative() {
    // The best line through these falls; of those that do not, the constant is best.
    let equations = (0..<10).map { i in
      LeastSquares.Equation(row: SIMD8<Double>(1, Double(i), 0, 0, 0, 0, 0, 0), value: 10 - Double(i), weight: 1)
    }
    let found = LeastSquares.solve(equations)
    #expect(found[1] == 0)
    #expect((found[0] - 5.5).magnitude < 1e-9)
  }

  @Test func nothingToSolveIsZero() { #expect(LeastSquares.solve([]) == .zero) }
}

@Suite struct HostProbeTests {
  @Test func everyKernelThatAStepHasIsProbed() throws {
    var kernels = Set<HostFigures.Kernel>()
    for configuration in HostProbe.configurations {
      let runner = try StepRunner(configuration, options: StepRunner.Options(threads: 1))
      let step = runner.layout.step
      kernels.formUnion(step.operations.compactMap { HostWork($0.kernel, step, runner.layout.sizes)?.kernel })
    }
    #expect(kernels == Set(HostFigures.Kernel.allCases))
  }

  // Rates are fitted to what the probe times, and held against what the grid measures.
  @Test func noShapeIsBothProbedAndMeasured() throws {
    let grid = try Catalog.bundled().grid(named: "cpu").grid
    let measured = Set(grid.configurations.map(\.shape))
    #expect(measured.count > 50)
    #expect(measured.isDisjoint(with: HostProbe.configurations.map(\.shape)))
  }

  @Test func ratesPriceWhatTheyWereFittedTo() {
    let rates = HostFigures.Rates(3e-6, 5e-12, 2e-10, 0, 0, 0, 0, 0)
    let samples = (1...30).map { i in
      let units = HostFigures.Rates(1, Double(i) * 1e7, Double(i % 4) * 1e5, 0, 0, 0, 0, 0)
      let work = HostWork(kernel: .linear, units: units)
      return HostProbe.Sample(work: work, seconds: (units * rates).sum(), spill: 0)
    }
    let figures = HostFigures(threads: 1, cache: Bytes(1), rates: HostProbe.rates(samples))
    for sample in samples {
      #expect((sample.work.seconds(figures, spill: 0) / sample.seconds - 1).magnitude < 1e-4)
    }
  }
}
