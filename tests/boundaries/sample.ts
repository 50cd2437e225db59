/** A text to lint in the place of a file, which may be one that isn't there. */
export interface Sample {
  readonly file: string
  readonly exists: boolean
  readonly code: string
}

/** What a rule said of a sample. */
export interface Finding {
  readonly rule: string
  readonly message: string
}
