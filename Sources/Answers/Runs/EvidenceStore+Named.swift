import Evidence
import EvidenceStore
import Reporting
import VisionTransformer

extension EvidenceStore {
  /// The machines that a text means: that of this name, or else those in whose description it stands, such as a part of
  /// their processor, `2 threads` or a library. All of them without a text.
  ///
  /// - Parameter run: only those of this run; nil for all.
  /// - Throws: `AnswerError` if there is none.
  package func measuringHosts(named text: String?, run: Int? = nil) throws(AnswerError) -> [MeasuringHost] {
    let hosts: [MeasuringHost]
    do { hosts = try measuringHosts(run: run) } catch { throw AnswerError(error) }
    guard let text else { return hosts }
    let named = hosts.filter { $0.name == text }
    let found = named.isEmpty ? hosts.filter { $0.text.lowercased().contains(text.lowercased()) } : named
    guard !found.isEmpty else {
      throw AnswerError(
        .invalid,
        hosts.isEmpty
          ? "\(path) holds no measurements" : "--host \(excerpt(of: text)): measured in \(path) was " + Self.list(hosts)
      )
    }
    return found
  }

  /// The same for machines whose times stand for one another.
  ///
  /// - Throws: `AnswerError` also if they are of several kinds.
  package func alikeHosts(named text: String?, run: Int? = nil) throws(AnswerError) -> Set<MeasuringHost> {
    let hosts = try measuringHosts(named: text, run: run)
    guard Set(hosts.map(\.kind)).count <= 1 else {
      throw AnswerError(
        .invalid,
        "\(path) holds measurements of several kinds of host, which are not blended: choose with --host, by a name or a "
          + "part of what follows it: " + Self.list(hosts))
    }
    return Set(hosts)
  }

  /// `on node7; AMD EPYC 7B13, 2 threads | on …`, one for each kind.
  private static func list(_ hosts: [MeasuringHost]) -> String {
    var kinds: Set<String> = []
    let firsts = hosts.filter { kinds.insert($0.kind).inserted }, shown = firsts.prefix(5)
    return shown.map { "on \(visible($0.text))" }.joined(separator: " | ")
      + (firsts.count > shown.count ? ", and \(grouped(firsts.count - shown.count)) more" : "")
  }
}
