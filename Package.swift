// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "shapefinder",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "shapefinder", targets: ["ShapefinderMain"]),
    .executable(name: "shapefinder-worker", targets: ["shapefinder-worker"]),
    // Started by `shapefinder serve`; separate, so that a build for estimates alone has no server.
    .executable(name: "shapefinder-service", targets: ["shapefinder-service"]),
    // Estimates and advice: one import, without a store or kernels to build.
    .library(name: "Shapefinder", targets: ["Shapefinder"]),
    // Results as NDJSON, CSV, tables and maps, and the SQLite store.
    .library(name: "ShapefinderEvidence", targets: ["Evidence", "EvidenceStore", "Reporting"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // Builds the documentation; no target depends on it.
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    // For the service only.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.0.0"),
  ],
  targets: [
    // Not named like the program: on file systems without case, `shapefinder` and the library's `Shapefinder` collide.
    .executableTarget(name: "ShapefinderMain", dependencies: ["ShapefinderCommands"]),
    .target(name: "Shapefinder", dependencies: ["VisionTransformer", "Catalog", "Estimation", "Selection"]),
    // Runs one trial or one compile under a memory limit, in a process of its own.
    .executableTarget(name: "shapefinder-worker", dependencies: ["Measurement", "Compilation"]),
    .target(
      name: "ShapefinderCommands",
      dependencies: [
        "Answers", "VisionTransformer", "Catalog", "TrainingStep", "Estimation", "Evidence", "EvidenceStore",
        "Measurement",
        "Compilation", "Selection", "WorkerProcess", "Reporting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "shapefinder-service",
      dependencies: [
        "ShapefinderService", "Answers", "Reporting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"), .product(name: "CoreMetrics", package: "swift-metrics"),
      ]),
    // Answers over HTTP, and the page.
    .target(
      name: "ShapefinderService",
      dependencies: [
        "Answers", "VisionTransformer", "Catalog", "Estimation", "Evidence", "EvidenceStore", "Selection",
        "WorkerProcess", "Reporting",
        .product(name: "Hummingbird", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"), .product(name: "Yams", package: "Yams"),
      ],
      exclude: ["Page"], plugins: ["EmbedPage"]),
    // Answers for both front ends, without parser, terminal or globals.
    .target(
      name: "Answers",
      dependencies: [
        "VisionTransformer", "Catalog", "TrainingStep", "Estimation", "Evidence", "EvidenceStore", "Measurement",
        "Compilation", "Scheduling", "XLALowering", "Selection", "WorkerProcess", "Reporting",
      ], plugins: ["EmbedEvidence"]),
    .target(
      name: "Reporting",
      dependencies: ["VisionTransformer", "TrainingStep", "Evidence", "Estimation", "Scheduling", "Selection"]),
    .target(name: "Selection", dependencies: ["VisionTransformer", "Estimation"]),
    .target(
      name: "EvidenceStore",
      dependencies: [
        "CProcess", "VisionTransformer", "Evidence", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    .target(
      name: "Measurement",
      dependencies: [
        "VisionTransformer", "Catalog", "TrainingStep", "HostPlan", "Estimation", "Evidence", "CKernels",
        "CProcess", "WorkerProcess",
      ]),
    .target(
      name: "Compilation",
      dependencies: [
        "VisionTransformer", "TrainingStep", "Scheduling", "Evidence", "CPJRT", "CProcess", "WorkerProcess",
      ]),
    // The compiler's orders, accounts of memory and rematerialization, on any graph.
    .target(name: "Scheduling"),
    // The step's program as XLA:TPU schedules it.
    .target(name: "XLALowering", dependencies: ["VisionTransformer", "TrainingStep", "Scheduling"]),
    // Evidence as plain values, and the JSON in which it is sent and stored.
    .target(name: "Evidence", dependencies: ["VisionTransformer"]),
    // The needed part of the plugin interface, and calls that Swift cannot make itself.
    .target(
      name: "CPJRT", cSettings: [.define("_GNU_SOURCE")],
      linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    // The parent's side of any worker.
    .target(name: "WorkerProcess", dependencies: ["VisionTransformer", "Evidence", "CProcess"]),
    // System calls that Swift cannot make, for workers and their parents.
    .target(name: "CProcess", cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "Estimation", dependencies: ["VisionTransformer", "TrainingStep", "HostPlan", "Scheduling"]),
    .target(name: "HostPlan", dependencies: ["TrainingStep", "VisionTransformer", "CKernels"]),
    .target(name: "TrainingStep", dependencies: ["VisionTransformer"]),
    .target(
      name: "Catalog", dependencies: ["VisionTransformer", "Evidence", .product(name: "Yams", package: "Yams")],
      plugins: ["EmbedCatalog"]),
    .target(name: "VisionTransformer"),
    .target(
      name: "CKernels", cSettings: [.define("_GNU_SOURCE")],
      linkerSettings: [
        .linkedLibrary("m"), .linkedLibrary("dl", .when(platforms: [.linux])),
        .linkedLibrary("pthread", .when(platforms: [.linux])),
      ]),
    // Turns the files of shapes/ into Swift source, so that an installed binary carries its catalog.
    .plugin(name: "EmbedCatalog", capability: .buildTool(), dependencies: ["EmbedCatalogTool"]),
    // The same for the page's files.
    .plugin(name: "EmbedPage", capability: .buildTool(), dependencies: ["EmbedCatalogTool"]),
    // The same for the bundled evidence.
    .plugin(name: "EmbedEvidence", capability: .buildTool(), dependencies: ["EmbedCatalogTool"]),
    .executableTarget(name: "EmbedCatalogTool"),
    .testTarget(name: "VisionTransformerTests", dependencies: ["VisionTransformer", "Evidence"]),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels"]),
    .testTarget(name: "CatalogTests", dependencies: ["Catalog", "VisionTransformer"]),
    .testTarget(name: "TrainingStepTests", dependencies: ["TrainingStep", "VisionTransformer", "Catalog"]),
    .testTarget(name: "HostPlanTests", dependencies: ["HostPlan", "TrainingStep", "VisionTransformer"]),
    .testTarget(
      name: "MeasurementTests",
      dependencies: [
        "Measurement", "HostPlan", "Estimation", "Evidence", "TrainingStep", "VisionTransformer", "Catalog",
      ],
      exclude: ["Golden"]),
    .testTarget(name: "SchedulingTests", dependencies: ["Scheduling", "XLALowering", "VisionTransformer"]),
    .testTarget(
      name: "EstimationTests",
      dependencies: ["Estimation", "Scheduling", "HostPlan", "TrainingStep", "VisionTransformer", "Catalog"]),
    .testTarget(
      name: "EvidenceStoreTests",
      dependencies: ["EvidenceStore", "Evidence", "VisionTransformer", .product(name: "GRDB", package: "GRDB.swift")]),
    .testTarget(
      name: "ReportingTests", dependencies: ["Reporting", "Evidence", "Selection", "Estimation", "VisionTransformer"],
      exclude: ["Golden"]),
    .testTarget(
      name: "SelectionTests", dependencies: ["Selection", "Estimation", "Reporting", "VisionTransformer", "Catalog"]),
    .testTarget(
      name: "CompilationTests",
      dependencies: [
        "Compilation", "Estimation", "Evidence", "Measurement", "WorkerProcess", "TrainingStep", "VisionTransformer",
        "Catalog",
        "shapefinder-worker",
      ],
      exclude: ["Golden"]),
    .testTarget(
      name: "AnswersTests",
      dependencies: [
        "Answers", "Catalog", "Compilation", "Evidence", "EvidenceStore", "Measurement", "VisionTransformer",
        "WorkerProcess", .product(name: "Yams", package: "Yams"),
      ]),
    .testTarget(
      name: "ServiceTests",
      dependencies: [
        "ShapefinderService", "ShapefinderMain", "shapefinder-service", "shapefinder-worker", "Catalog", "Evidence",
        "EvidenceStore",
        .product(name: "Logging", package: "swift-log"), .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Yams", package: "Yams"),
      ]),
    .testTarget(
      name: "CommandsTests",
      dependencies: [
        "ShapefinderCommands", "Answers", "ShapefinderMain", "shapefinder-worker", "Catalog", "Compilation", "Evidence",
        "EvidenceStore",
        "Estimation",
        "Measurement", "Reporting", "VisionTransformer", "WorkerProcess",
      ]),
  ]
)

for target in package.targets where target.type != .system && target.type != .plugin {
  target.swiftSettings = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
  ]
  // This package's C targets.
  if ["CKernels", "CPJRT", "CProcess"].contains(target.name) {
    target.cSettings = (target.cSettings ?? []) + [.treatAllWarnings(as: .error)]
  }
}
