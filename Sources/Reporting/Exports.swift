// Reports are of evidence: whoever imports them gets its values, and the JSON that both are written in.
@_exported import Evidence
