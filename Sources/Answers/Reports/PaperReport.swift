import Catalog
import Estimation
import Reporting
import TrainingStep
import VisionTransformer

/// The paper's tables and claims beside the model's own figures, in Markdown.
struct PaperReport {
  let catalog: Catalog
  let estimator: Estimator

  // MARK: - Table 2

  func table2() throws -> String {
    var rows: [[String]] = []
    for variant in catalog.variants {
      for published in variant.published where published.head == nil {
        let shape = variant.shape(patch: published.patch)
        var cells = [variant.shapeName(patch: published.patch)]
        let parameters = Double(try BodyCount(shape).parameters) / 1e6
        cells += side(parameters, published.millionParameters)
        for image in published.gigaFLOPs.keys.sorted() {
          cells += side(try BodyCount(shape, imageSize: image).flopsPerImage.giga, published.gigaFLOPs[image])
        }
        rows.append(cells)
      }
    }
    let titles = ["shape"] + ["M parameters", "GFLOPs 224 px", "GFLOPs 384 px"].flatMap { [$0, "printed", "ratio"] }
    return """
      # Table 2 of arXiv 2106.04560

      Written by `shapefinder report`; do not edit. Parameters of the body, without classifier and MAP head. GFLOPs forward of \
      one image through the body without a class token, a multiply-add counting 2, element-wise work included as \
      `Primitive+Work.swift` counts it. 384 px at patch 14 or 28 drops the remainder.

      \(MarkdownTable(titles, numbers: Set(1..<10), rows: rows).text)
      """
  }

  private func side(_ counted: Double, _ printed: PrintedNumber?) -> [String] {
    guard let printed else { return [fixed(counted, digits: 2), "–", "–"] }
    return [fixed(counted, digits: 2), printed.description, fixed(counted / printed.value, digits: 4)]
  }

  // MARK: - Claims

  func claims() throws -> String {
    """
    # The paper's claims

    Written by `shapefinder report`; do not edit. Claims of arXiv 2106.04560 with estimates for a \(estimator.device.name) core.

    \(try MarkdownTable(["claim", "section", "estimated"], rows: memoryClaims()).text)
    ## Does it fit?

    \(try MarkdownTable(["configuration", "the paper", "estimated", "total", "limit"], numbers: [3, 4], rows: fits()).text)
    ## Published throughput

    Whole runs: input, evaluation, checkpoints and restarts included. One factor, run efficiency, is fitted on ViT-g/14 and \
    tested on SoViT-400m/14. The batch of the latter's run is not published: it is taken as 32 images a core like the former's.

    \(try MarkdownTable(
        ["run", "published images/s a core", "step model", "with the factor", "error"], numbers: [1, 2, 3, 4],
        rows: throughput()).text)
    """
  }

  private func estimate(
    _ name: String, batch: Int = 8, head: Head = .map, optimizer: Optimizer = .adafactor,
    clipping: GradientClipping = .none, cores: Int = Configuration.Defaults.dataParallel
  ) throws -> Estimate {
    estimator.estimate(
      Configuration(
        shape: try catalog.shape(named: name), batch: batch, head: head, optimizer: optimizer,
        gradientClipping: clipping,
        dataParallel: cores))
  }

  private func memoryClaims() throws -> [[String]] {
    let token = try estimate("ViT-g/14", head: .token), map = try estimate("ViT-g/14")
    var rows = [
      [
        "a class token at patch 14 pads 257 tokens to 384 lanes", "3.2",
        "activations of ViT-g/14 at 8 images: \(Bytes(token.activations)) with a token, \(Bytes(map.activations)) with MAP",
      ],
      [
        "ViT-G has about 2 billion parameters, 8 GiB", "3.4",
        "\(fixed(Double(try estimate("ViT-G/14").parameterCount) / 1e6, digits: 0)) M, "
          + "\(Bytes(try estimate("ViT-G/14").parameters))",
      ],
    ]
    for (optimizer, words) in [
      (Optimizer.adam, "Adam adds 2x, 16 GiB"), (.adamHalf, "half-precision Adam 1.5x"), (.adafactor, "Adafactor 0.5x"),
    ] {
      let estimate = try estimate("ViT-G/14", optimizer: optimizer)
      rows.append([
        words, "3.4",
        "\(Bytes(estimate.optimizerState)), "
          + "\(fixed(Double(estimate.optimizerState) / Double(estimate.parameters), digits: 3))x",
      ])
    }
    return rows
  }

  private func fits() throws -> [[String]] {
    let thin = Shape(width: 1024, depth: 100, mlpWidth: 2048, heads: 16, patch: 14)
    let cases: [(String, String, Estimate)] = [
      (
        "ViT-g/14, 32 images, MAP, Adafactor, clipping", "fits",
        try estimate("ViT-g/14", batch: 32, clipping: .globalNorm)
      ),
      ("ViT-G/14, 8 images, MAP, Adafactor", "fits", try estimate("ViT-G/14")),
      ("ViT-G/14, 16 images, MAP, Adafactor", "fits", try estimate("ViT-G/14", batch: 16)),
      ("ViT-G/14, 8 images, MAP, half-precision Adam", "does not fit", try estimate("ViT-G/14", optimizer: .adamHalf)),
      ("ViT-G/14, 8 images, MAP, Adam", "does not fit", try estimate("ViT-G/14", optimizer: .adam)),
      (
        "a thin shape of depth 100 (\(thin)), 8 images, MAP, Adafactor", "fits",
        estimator.estimate(Configuration(shape: thin))
      ),
    ]
    return cases.map { name, paper, estimate in
      [name, paper, Styled(verdict: estimate.verdict).plain, "\(Bytes(estimate.total))", "\(Bytes(estimate.limit))"]
    }
  }

  private func throughput() throws -> [[String]] {
    let efficiency = try RunEfficiency(catalog)
    return try [
      (PublishedRun.g, "fitted: \(fixed(efficiency.value, digits: 3))"),
      (.so400m, "\(efficiency.testError >= 0 ? "+" : "")\(fixed(efficiency.testError * 100, digits: 1)) %"),
    ].map { run, note in
      let model = try run.estimatedRate(estimator, catalog)
      return [
        run.shape, fixed(run.imagesPerSecond, digits: 1), fixed(model, digits: 1),
        fixed(model * efficiency.value, digits: 1), note,
      ]
    }
  }
}
