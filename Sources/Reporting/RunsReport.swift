import VisionTransformer

/// The runs of a store: which evidence came from where, and when.
public enum RunsReport {
  /// One run.
  public struct Row: Sendable, Hashable {
    /// Number of the run in the store.
    public var id: Int
    /// When it was stored, ISO 8601.
    public var time: String
    /// Kind of its evidence.
    public var evidence: EvidenceKind
    /// What produced it, with its version.
    public var source: String
    /// What it was of: a grid, a file, a single shape.
    public var subject: String
    /// Results.
    public var results: Int
    /// Results that fit.
    public var fits: Int
    /// Results that do not.
    public var doesNotFit: Int
    /// Results that nobody knows of.
    public var uncertain: Int

    /// One run.
    public init(
      id: Int, time: String, evidence: EvidenceKind, source: String, subject: String, results: Int, fits: Int,
      doesNotFit: Int, uncertain: Int
    ) {
      self.id = id
      self.time = time
      self.evidence = evidence
      self.source = source
      self.subject = subject
      self.results = results
      self.fits = fits
      self.doesNotFit = doesNotFit
      self.uncertain = uncertain
    }
  }

  /// The columns.
  public static var listing: Listing<Row> {
    Listing([
      .integer("id", "run", isCount: false) { $0.id }, .text("time", "stored") { $0.time },
      .text("evidence", "evidence") { $0.evidence.rawValue }, .text("subject", "of") { $0.subject },
      .integer("results", "results") { $0.results }, .integer("fits", "fit") { $0.fits },
      .integer("doesNotFit", "do not") { $0.doesNotFit }, .integer("uncertain", "uncertain") { $0.uncertain },
      .text("source", "source", rank: .detail) { $0.source },
    ])
  }
}
