/** What reading a string gave: its facts, or what is wrong with it in words that never quote it. */
export type ReadOutcome<Facts> = { readonly facts: Facts } | { readonly problem: string }
