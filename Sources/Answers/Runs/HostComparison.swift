import Evidence
import EvidenceStore
import Reporting
import VisionTransformer

/// The machines on which a store's measurements were made, each held against that with the most of them.
package struct HostComparison: Sendable {
  /// A machine.
  package struct Row: Sendable {
    /// The machine.
    package var host: MeasuringHost
    /// Configurations that were measured on it.
    package internal(set) var results = 0
    /// Those whose times other work disturbed.
    package internal(set) var disturbed = 0
    /// When the newest was measured, ISO 8601.
    package internal(set) var newest: String?
    /// How many times as fast each configuration runs that the first machine measured too, least first; without those
    /// whose times were disturbed on either.
    package internal(set) var ratios: [Double] = []

    /// The median of `ratios`; for an even number, the lower of the middle two.
    package var ratio: Double? { ratios.isEmpty ? nil : ratios[(ratios.count - 1) / 2] }
  }

  /// The machines, that with the most measurements first.
  package let rows: [Row]

  /// Compares the machines of a store.
  ///
  /// - Throws: `StoreError`.
  package init(_ store: EvidenceStore) throws(StoreError) {
    var rows: [Row] = [], places: [MeasuringHost: Int] = [:], newest: [[Configuration: StepResult]] = []
    for result in try store.evidence(.measured) {
      let host = MeasuringHost(result.provenance), place = places[host] ?? rows.count
      if place == rows.count {
        places[host] = place
        rows.append(Row(host: host))
        newest.append([:])
      }
      newest[place][result.configuration.unnamed] = result
      rows[place].newest = [rows[place].newest, result.provenance.time].compactMap(\.self).max()
    }
    let order = rows.indices.sorted { (newest[$1].count, $0) < (newest[$0].count, $1) }
    for place in order {
      rows[place].results = newest[place].count
      rows[place].disturbed = newest[place].values.count { $0.isDisturbed == true }
      rows[place].ratios = newest[place].compactMap { configuration, result in
        guard let first = newest[order[0]][configuration], first.isDisturbed != true, result.isDisturbed != true else {
          return nil
        }
        return first.stepSeconds.flatMap { first in result.stepSeconds.map { first.value / $0.value } }
      }.sorted()
    }
    self.rows = order.map { rows[$0] }
  }

  /// The columns.
  package static var listing: Listing<Row> {
    Listing([
      .text("host", "host") { $0.host.name }, .text("speaksFor", "measured with") { $0.host.speaksFor },
      .integer("results", "configurations") { $0.results }, .integer("disturbed", "disturbed") { $0.disturbed },
      .text("newest", "newest", rank: .detail) { $0.newest },
      .integer("inCommon", "in common with the first") { $0.ratios.count },
      .number("timesAsFast", "times as fast", digits: 2) { $0.ratio },
      .number("least", "least", digits: 2) { $0.ratios.first }, .number("most", "most", digits: 2) { $0.ratios.last },
    ])
  }
}
