import Selection
import VisionTransformer

/// A report on which shape to train: the best shapes that fit by a rule, why each was selected, and the alternatives.
public struct SelectionReport: Sendable {
  /// One selected shape, or one of the Pareto front.
  public struct Choice: Sendable {
    /// The rank by the rule, from 1; nil for a shape of the front that was not selected.
    public var rank: Int?
    /// Title of the grid's setting.
    public var setting: String
    /// The shape's result, the same as in `check`.
    public var result: StepResult
    /// The compiler's answer; nil if there is none.
    public var compiled: StepResult?
    /// The catalog's name of the shape; nil if it has none.
    public var name: String?
    /// Each dimension divided by that of the rule's base, for the patch the inverse; empty for rules without a base.
    public var growth: [ScalingRay.Dimension: Double] = [:]
    /// Whether the shape is on the Pareto front: no other shape that meets the constraints is at least as good in
    /// parameters, FLOPs and images a second.
    public var isOnFront = false
    /// The cost of the training run; nil without a run.
    public var training: TrainingCost?
    /// The reason for its rank, in a sentence.
    public var why = ""
    /// The shapes one step of the grid away in each dimension; empty if unknown.
    public var neighbours: [Neighbour] = []

    /// A choice.
    public init(rank: Int?, setting: String, result: StepResult, compiled: StepResult? = nil) {
      self.rank = rank
      self.setting = setting
      self.result = result
      self.compiled = compiled
    }

    /// A title such as `1408x40x6144 h16 /14, ViT-g/14`.
    public var title: String { "\(result.configuration.shape)" + (name.map { ", " + $0 } ?? "") }
  }

  /// A shape one step of the grid away from a choice.
  public struct Neighbour: Sendable, Hashable {
    /// The dimension in which it differs.
    public var key: Configuration.ShapeKey
    /// The value of that dimension.
    public var value: Int
    /// Whether the neighbour fits.
    public var verdict: Verdict
    /// The bytes of its step.
    public var total: Bytes
    /// The memory limit.
    public var limit: Bytes
    /// Relative difference of its parameters from the choice's: 0.02 is 2 % more.
    public var parameters: Double
    /// Relative difference of its images a second from the choice's.
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

  /// The selection in one setting of the grid.
  public struct Setting: Sendable {
    /// The setting's title.
    public var title: String
    /// The device of the setting.
    public var device: Device
    /// Numbers of configurations: those considered, and those that meet every constraint.
    public var offered = 0, eligible = 0
    /// The selected shapes, best first.
    public var choices: [Choice] = []
    /// The Pareto front, with the most parameters first.
    public var front: [Choice] = []
    /// Sentences on what excludes other shapes, or on why nothing is selected.
    public var limits: [String] = []

    /// A setting without any choices.
    public init(title: String, device: Device) {
      self.title = title
      self.device = device
    }
  }

  /// The title of the search, such as `figure8`.
  public var title: String
  /// The rule in words.
  public var rule: String
  /// The kind of evidence that the figures are from.
  public var evidence: EvidenceKind
  /// The settings of the grid.
  public var settings: [Setting]
  /// The time that published runs took apart from their steps; nil without a training run.
  public var wholeRuns: CheckReport.WholeRuns?

  /// A report.
  public init(
    title: String, rule: String, evidence: EvidenceKind, settings: [Setting], wholeRuns: CheckReport.WholeRuns? = nil
  ) {
    self.title = title
    self.rule = rule
    self.evidence = evidence
    self.settings = settings
    self.wholeRuns = wholeRuns
  }

  /// Whether nothing was selected in any setting.
  public var isEmpty: Bool { settings.allSatisfy(\.choices.isEmpty) }

  /// The selected shapes of all settings.
  public var choices: [Choice] { settings.flatMap(\.choices) }
  /// The fronts of all settings.
  public var front: [Choice] { settings.flatMap(\.front) }
}
