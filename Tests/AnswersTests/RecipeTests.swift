import Foundation
import Testing
import Yams

@testable import Answers

/// The recipes of the page on sweeps: the tasks that a scheduler starts are the shards of the grid, each once.
struct RecipeTests {
  /// The lines of a recipe, without their fences.
  private func recipe(_ scheduler: String) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(
      contentsOf: root.appending(path: "Sources/Shapefinder/Documentation.docc/SweepsOnACluster.md"), encoding: .utf8)
    let section = try #require(page.components(separatedBy: "\n**\(scheduler)**").dropFirst().first)
    let fenced = try #require(section.components(separatedBy: "\n```").dropFirst().first)
    return String(fenced.drop { $0 != "\n" }.dropFirst())
  }

  /// The shards that tasks with these numbers take.
  private func shards(_ text: String, _ variable: String, _ numbers: ClosedRange<Int>) throws -> [Shard] {
    try numbers.map { number in try Shard(parsing: text) { $0 == variable ? "\(number)" : nil } }
  }

  private var sixteen: [Shard] { get throws { try (1...16).map { try Shard(index: $0, count: 16) } } }

  @Test func everyRecipeHasFourLinesAtMost() throws {
    for scheduler in ["Kubernetes", "HyperQueue", "GNU parallel"] {
      #expect(try recipe(scheduler).split(separator: "\n").count <= 4, "\(scheduler)")
    }
    #expect(try recipe("Snakemake").split(separator: "\n").dropFirst().count == 4)
  }

  @Test func aJobOfKubernetesHasEveryShardOnce() throws {
    let job = try #require(try Yams.load(yaml: recipe("Kubernetes")) as? [String: Any])
    #expect(job["apiVersion"] as? String == "batch/v1" && job["kind"] as? String == "Job")
    let spec = try #require(job["spec"] as? [String: Any])
    #expect(spec["completionMode"] as? String == "Indexed")
    let pods = try #require((spec["template"] as? [String: Any])?["spec"] as? [String: Any])
    #expect(pods["restartPolicy"] as? String == "Never")
    let container = try #require((pods["containers"] as? [[String: Any]])?.first)
    let words = try #require(container["args"] as? [String])
    let place = try #require(words.firstIndex(of: "--shard")), tasks = try #require(spec["completions"] as? Int)
    #expect(try shards(words[place + 1], "JOB_COMPLETION_INDEX", 0...(tasks - 1)) == sixteen)
    // The volume that the pods share is where they work.
    let mount = try #require((container["volumeMounts"] as? [[String: Any]])?.first)
    #expect(container["workingDir"] as? String == mount["mountPath"] as? String)
    #expect((pods["volumes"] as? [[String: Any]])?.first?["name"] as? String == mount["name"] as? String)
    // What another try does not mend ends the job.
    let rule = try #require(((spec["podFailurePolicy"] as? [String: Any])?["rules"] as? [[String: Any]])?.first)
    #expect(
      (rule["onExitCodes"] as? [String: Any])?["values"] as? [Int]
        == [ExitStatus.usage, .badData, .missingComponent].map { Int($0.rawValue) })
  }

  @Test(arguments: [("HyperQueue", "HQ_TASK_ID", "--array 1-16"), ("GNU parallel", "PARALLEL_SEQ", "seq 16")])
  func aCommandLineHasEveryShardOnce(scheduler: String, variable: String, tasks: String) throws {
    let text = try recipe(scheduler)
    #expect(text.contains(tasks))
    let shard = try #require(text.firstMatch(of: /--shard (\S+)/)?.1)
    #expect(try shards(String(shard), variable, 1...16) == sixteen)
  }
}
