import Catalog
import Testing
import TrainingStep
import VisionTransformer

/// Every published parameter and FLOP count of the catalog: Table 2 of arXiv 2106.04560, and the bodies with a MAP head.
@Suite struct Table2Tests {
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var shape: Shape
    var published: Variant.Published

    var testDescription: String { name + (published.head.map { " with \($0)" } ?? "") }
  }

  static let rows: [Row] =
    (try? Bundled.catalog.get())?.variants.flatMap { variant in
      variant.published.map {
        Row(name: variant.shapeName(patch: $0.patch), shape: variant.shape(patch: $0.patch), published: $0)
      }
    } ?? []

  @Test func allRowsAreThere() {
    #expect(Self.rows.filter { $0.published.head == nil }.count == 11)
    #expect(Self.rows.flatMap(\.published.gigaFLOPs.keys).count == 22)
  }

  /// A figure is met when it rounds to the digits that are printed.
  @Test(arguments: rows.filter { $0.published.head == nil })
  func parametersAreMetToThePrintedDigits(row: Row) throws {
    let printed = try #require(row.published.millionParameters)
    let count = try BodyCount(row.shape).parameters
    #expect((Double(count) / 1e6 - printed.value).magnitude <= printed.halfLastDigit, "\(count)")
  }

  /// 1 %, or half a unit of the last digit where that is more: 0.7 GFLOPs are known to 7 %.
  @Test(arguments: rows.filter { $0.published.head == nil })
  func gigaFLOPsAreMetWithin1PercentOrHalfALastDigit(row: Row) throws {
    for (side, printed) in row.published.gigaFLOPs {
      let flops = try BodyCount(row.shape, imageSize: side).flopsPerImage.giga
      let tolerance = max(0.01 * printed.value, printed.halfLastDigit)
      #expect((flops - printed.value).magnitude <= tolerance, "\(side) px: \(flops), printed \(printed)")
    }
  }

  /// From B/16 up the printed digits settle what is counted: with element-wise work, without a class token.
  @Test(arguments: rows.filter { $0.published.head == nil && $0.shape.width >= 768 && $0.shape.patch <= 16 })
  func largeShapesAreMetWithinATenthOfAPercent(row: Row) throws {
    for (side, printed) in row.published.gigaFLOPs {
      let flops = try BodyCount(row.shape, imageSize: side).flopsPerImage.giga
      #expect((flops / printed.value - 1).magnitude <= 0.001, "\(side) px: \(flops), printed \(printed)")
      let products = try matrixProducts(row.shape, imageSize: side)
      #expect(products / printed.value - 1 < -0.001, "\(side) px: \(products) in matrix products")
    }
  }

  private func matrixProducts(_ shape: Shape, imageSize: Int) throws -> Double {
    let configuration = Configuration(shape: shape, batch: 1, imageSize: imageSize, head: .gap, classes: 1)
    let program = try TrainingStep(configuration).program
    return program.operations.filter { $0.phase == .forward && $0.scope.part != .head }.map { program.work($0) }
      .filter(\.isMatrixProduct).reduce(0) { $0 + $1.flops(AxisSizes(configuration)) } / 1e9
  }

  /// Facts, "The paper": G 1881 M (printed as 1882), So400m 428 M, body and MAP head without classifier.
  @Test(arguments: [("ViT-G/14", 1881), ("ViT-So400m/14", 428)])
  func bodiesWithMAPHeadHaveThePublishedParameters(name: String, millions: Int) throws {
    let count = try BodyCount(try Bundled.shape(name), head: .map).parameters
    #expect((Double(count) / 1e6 - Double(millions)).magnitude <= 0.5, "\(count)")
  }

  @Test func aPatchThatDoesNotDivideTheImageDropsTheRemainder() throws {
    let shape = try Bundled.shape("ViT-g/14")
    let flops = try [378, 384].map { try BodyCount(shape, imageSize: $0).flopsPerImage }
    #expect(flops[0] == flops[1])
  }
}
