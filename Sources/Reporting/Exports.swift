// Reports show evidence, so that importing them also gives its values and the JSON that both are written in.
@_exported import Evidence
