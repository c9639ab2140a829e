// swift-tools-version: 6.2
import PackageDescription

// A package of a stranger: it knows Shapefinder by its library product alone.
let package = Package(
  name: "Estimate",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "shapefinder", path: "../..")],
  targets: [
    .executableTarget(name: "Estimate", dependencies: [.product(name: "Shapefinder", package: "shapefinder")])
  ]
)
