// The sending half follows.
