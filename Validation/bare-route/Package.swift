// swift-tools-version: 6.2
import PackageDescription

// A route of Hummingbird and nothing else: what `load_test.py` holds the service against.
let package = Package(
  name: "bare-route",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
  ],
  targets: [
    .executableTarget(
      name: "bare-route",
      dependencies: [
        .product(name: "Hummingbird", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
      ])
  ]
)
