// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "shapefinder",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "shapefinder", targets: ["shapefinder"]),
    .library(
      name: "Shapefinder",
      targets: [
        "VisionTransformer", "Catalog", "TrainingStep", "Estimation", "EvidenceStore", "Selection", "Reporting",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    .executableTarget(name: "shapefinder", dependencies: ["ShapefinderCommands"]),
    .target(
      name: "ShapefinderCommands",
      dependencies: [
        "VisionTransformer", "Catalog", "TrainingStep", "Estimation", "EvidenceStore", "Selection", "Reporting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(name: "Reporting", dependencies: ["VisionTransformer", "Estimation"]),
    .target(name: "Selection", dependencies: ["VisionTransformer", "Estimation"]),
    .target(
      name: "EvidenceStore",
      dependencies: [
        "VisionTransformer", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    .target(name: "Estimation", dependencies: ["VisionTransformer", "TrainingStep"]),
    .target(name: "TrainingStep", dependencies: ["VisionTransformer"]),
    .target(
      name: "Catalog", dependencies: ["VisionTransformer", .product(name: "Yams", package: "Yams")],
      plugins: ["EmbedCatalog"]),
    .target(name: "VisionTransformer"),
    // Turns the files of shapes/ into Swift source, so that an installed binary carries its catalog.
    .plugin(name: "EmbedCatalog", capability: .buildTool(), dependencies: ["EmbedCatalogTool"]),
    .executableTarget(name: "EmbedCatalogTool"),
    .testTarget(name: "VisionTransformerTests", dependencies: ["VisionTransformer"]),
    .testTarget(name: "CatalogTests", dependencies: ["Catalog", "VisionTransformer"]),
    .testTarget(name: "TrainingStepTests", dependencies: ["TrainingStep", "VisionTransformer", "Catalog"]),
    .testTarget(
      name: "EstimationTests", dependencies: ["Estimation", "TrainingStep", "VisionTransformer", "Catalog"]),
    .testTarget(
      name: "EvidenceStoreTests",
      dependencies: ["EvidenceStore", "VisionTransformer", .product(name: "GRDB", package: "GRDB.swift")]),
    .testTarget(
      name: "ReportingTests", dependencies: ["Reporting", "Estimation", "VisionTransformer"], exclude: ["Golden"]),
    .testTarget(name: "SelectionTests", dependencies: ["Selection", "Estimation", "VisionTransformer", "Catalog"]),
    .testTarget(
      name: "CommandsTests",
      dependencies: ["shapefinder", "Catalog", "EvidenceStore", "Estimation", "Reporting", "VisionTransformer"]),
  ]
)

for target in package.targets where target.type != .system && target.type != .plugin {
  target.swiftSettings = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
  ]
}
