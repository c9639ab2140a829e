extension FitMap {
  /// The cells of a column in the order of depth.
  struct ColumnCells: Sendable, Sequence {
    private var depths: [Int] = []
    private(set) var cells: [Cell] = []

    /// Changes the cell of a depth, and returns whether there was none before.
    mutating func update(_ depth: Int, _ change: (inout Cell) -> Void) -> Bool {
      let index = place(depth), isNew = index == depths.count || depths[index] != depth
      if isNew {
        depths.insert(depth, at: index)
        cells.insert(Cell(), at: index)
      }
      change(&cells[index])
      return isNew
    }

    /// The cell of a depth; nil if there is no answer.
    func cell(_ depth: Int) -> Cell? {
      let index = place(depth)
      return index < depths.count && depths[index] == depth ? cells[index] : nil
    }

    // The first index whose depth is not smaller. Answers mostly arrive by depth.
    private func place(_ depth: Int) -> Int {
      guard let last = depths.last, last >= depth else { return depths.count }
      var lower = 0, upper = depths.count - 1
      while lower < upper {
        let middle = (lower + upper) / 2
        if depths[middle] < depth { lower = middle + 1 } else { upper = middle }
      }
      return lower
    }

    func makeIterator() -> Zip2Sequence<[Int], [Cell]>.Iterator { zip(depths, cells).makeIterator() }
  }
}
