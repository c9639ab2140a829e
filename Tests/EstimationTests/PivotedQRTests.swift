import Testing

@testable import Estimation

/// Least squares by Householder reflections with pivots.
@Suite struct PivotedQRTests {
  /// A line through four points: the normal equations give 3.5 and 1.4.
  @Test func leastSquaresAreThoseOfTheNormalEquations() {
    let qr = PivotedQR([[1, 1, 1, 1], [1, 2, 3, 4]], [6, 5, 7, 10])
    let x = qr.solution(rank: 2)
    #expect((x[0] - 3.5).magnitude < 1e-12 && (x[1] - 1.4).magnitude < 1e-12, "\(x)")
    // Residuals of 1.1, -1.3, -0.7, 0.9.
    #expect((qr.remainder(rank: 2) - 4.2.squareRoot()).magnitude < 1e-12)
  }

  @Test func columnsComeInTheOrderOfWhatNoEarlierOneHas() {
    let qr = PivotedQR([[1, 0, 0], [4, 0, 0.5], [0, 2, 0], [8, 0, 1]], [0, 0, 0])
    #expect(qr.order.prefix(2) == [3, 2])
    // The second column is half of the fourth.
    #expect(qr.order.last == 1 || qr.order[2] == 0)
    #expect(qr.independent[0] == 65.0.squareRoot() && qr.independent[1] == 2)
    #expect(qr.independent[2] < 0.2 && qr.independent[2] > 0)
  }

  @Test func columnsBeyondTheRowsAreLeftOut() {
    let x = PivotedQR([[1, 0], [0, 1], [1, 1]], [2, 3]).solution(rank: 3)
    #expect(x.count == 3 && x.count { $0 == 0 } >= 1)
    let made = [x[0] + x[2], x[1] + x[2]]
    #expect((made[0] - 2).magnitude < 1e-12 && (made[1] - 3).magnitude < 1e-12)
    #expect(PivotedQR([], [1, 2]).remainder(rank: 0) == 5.0.squareRoot())
    #expect(PivotedQR([[0, 0]], [1, 2]).solution(rank: 1) == [0])
  }
}
