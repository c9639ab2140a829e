/// What automatic rematerialization makes of a schedule: what it recomputes, and the peak that is left.
public struct RecomputedSchedule: Sendable, Hashable {
  /// A change that lowers what is alive at some node.
  public struct Change: Sendable, Hashable {
    /// Ways to lower it.
    public enum Kind: String, Sendable, Hashable {
      /// The node runs again before its readers that are left.
      case recomputed
      /// Nobody had read it yet: it runs later.
      case moved
      /// It is kept in the layout that pads least.
      case compressed
    }

    /// The node, as an index into the graph's `nodes`.
    public var node: Int
    /// What happens to it.
    public var kind: Kind
    /// The node at which it was decided.
    public var at: Int

    /// A change.
    public init(node: Int, kind: Kind, at: Int) {
      self.node = node
      self.kind = kind
      self.at = at
    }
  }

  /// Sizes that the pass is given.
  public struct Rule: Sendable, Hashable {
    /// Smallest node, by the bytes that it defines, that is recomputed.
    public var smallest: Int

    /// A rule; libtpu 0.0.17.1 considers nodes of 10 MiB and up, one at a time (read off its flags).
    public init(smallest: Int = 10 << 20) { self.smallest = smallest }
  }

  /// The peak of temporaries before, by the graph's `livePeak`.
  public var peakBefore: Int
  /// The peak after.
  public var peak: Int
  /// Changes, in order.
  public var changes: [Change]
}

extension ScheduledGraph {
  /// Lowers the live peak of a schedule to `limit` as far as that goes.
  ///
  /// The pass walks the schedule. While more than the limit is alive it takes, of the nodes that have run, the one with
  /// the least cost: `limit / bytes gained here` in whole numbers, 0 if none of its readers has run. The first of equals
  /// is taken.
  ///
  /// Source: openxla/xla, xla/hlo/transforms/simplifiers/hlo_rematerialization.cc; libtpu 0.0.17.1 takes single nodes and
  /// compresses too.
  ///
  /// - Parameters:
  ///   - order: indices into `nodes`, all of them.
  ///   - limit: bytes of temporaries, results of the program left out; below 0 counts as 0, as in the source.
  ///   - rule: sizes that the pass is given.
  public func rematerialized(
    _ order: [Int], limit: Int, rule: RecomputedSchedule.Rule = RecomputedSchedule.Rule()
  ) -> RecomputedSchedule {
    let before = livePeak(order).bytes
    var pass = RematerializationPass(self, order, limit: max(0, limit), rule: rule, peakBefore: before)
    return pass.run()
  }
}
