import Shapefinder

let catalog = try Catalog.bundled()
let configuration = try Configuration(shape: catalog.shape(named: "ViT-G/14"), batch: 8).validated()
let estimator = try Estimator(device: catalog.device(named: configuration.device))
let result = estimator.result(for: configuration)
print(result.verdict, result.memory.total, result.imagesPerSecond ?? 0)
