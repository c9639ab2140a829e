import Selection
import VisionTransformer

/// Which shape to train: the best of those that fit by a rule, why each is there, and what else was possible.
public struct SelectionReport: Sendable {
  /// One selected shape, or one of the front.
  public struct Choice: Sendable {
    /// Place by the rule, from 1; nil for a shape of the front that was not selected.
    public var rank: Int?
    /// Title of the grid's setting.
    public var setting: String
    /// The answer for it, as `check` gives it.
    public var result: StepResult
    /// What a compiler said of it; nil where none was asked.
    public var compiled: StepResult?
    /// The name under which the catalog has its shape; nil where it has none.
    public var name: String?
    /// How many times each dimension is that of the rule's base; empty for rules without one.
    public var growth: [ScalingRay.Dimension: Double] = [:]
    /// Whether no other that meets the constraints has as many parameters, as few FLOPs and as many images a second.
    public var isOnFront = false
    /// What the training run takes; nil without a run.
    public var training: TrainingCost?
    /// Why it stands where it does, a sentence.
    public var why = ""
    /// What one step of the grid in each dimension would cost; empty where that is not known.
    public var neighbours: [Neighbour] = []

    /// A choice.
    public init(rank: Int?, setting: String, result: StepResult, compiled: StepResult? = nil) {
      self.rank = rank
      self.setting = setting
      self.result = result
      self.compiled = compiled
    }

    /// `1408x40x6144 h16 /14, ViT-g/14`.
    public var title: String { "\(result.configuration.shape)" + (name.map { ", " + $0 } ?? "") }
  }

  /// A shape one step of the grid away.
  public struct Neighbour: Sendable, Hashable {
    /// The dimension that differs.
    public var key: Configuration.ShapeKey
    /// Its value there.
    public var value: Int
    /// Whether it fits.
    public var verdict: Verdict
    /// Its bytes.
    public var total: Bytes
    /// Bytes there are.
    public var limit: Bytes
    /// Its parameters, relative to the choice's: 0.02 is 2 % more.
    public var parameters: Double
    /// Its images a second, relative to the choice's.
    public var speed: Double

    /// A neighbour.
    public init(
      key: Configuration.ShapeKey, value: Int, verdict: Verdict, total: Bytes, limit: Bytes, parameters: Double,
      speed: Double
    ) {
      self.key = key
      self.value = value
      self.verdict = verdict
      self.total = total
      self.limit = limit
      self.parameters = parameters
      self.speed = speed
    }
  }

  /// What came of one setting of the grid.
  public struct Setting: Sendable {
    /// Its title.
    public var title: String
    /// What it runs on.
    public var device: Device
    /// Configurations that were weighed, that meet every constraint, and that meet all but of which nobody knows whether they fit.
    public var offered = 0, eligible = 0, uncertain = 0
    /// The selected shapes, the best first.
    public var choices: [Choice] = []
    /// The Pareto front, the most parameters first.
    public var front: [Choice] = []
    /// What keeps others out, or why nothing is selected: sentences.
    public var limits: [String] = []

    /// A setting of which nothing is known yet.
    public init(title: String, device: Device) {
      self.title = title
      self.device = device
    }
  }

  /// What is searched, such as `figure8`.
  public var title: String
  /// The rule in words.
  public var rule: String
  /// How the figures are known.
  public var evidence: EvidenceKind
  /// The settings of the grid.
  public var settings: [Setting]
  /// What is to be remarked below: run efficiency.
  public var notes: [String]

  /// A report.
  public init(title: String, rule: String, evidence: EvidenceKind, settings: [Setting], notes: [String] = []) {
    self.title = title
    self.rule = rule
    self.evidence = evidence
    self.settings = settings
    self.notes = notes
  }

  /// Whether nothing was selected in any setting.
  public var isEmpty: Bool { settings.allSatisfy(\.choices.isEmpty) }

  /// The selected shapes of all settings.
  public var choices: [Choice] { settings.flatMap(\.choices) }
  /// The fronts of all settings.
  public var front: [Choice] { settings.flatMap(\.front) }
}
