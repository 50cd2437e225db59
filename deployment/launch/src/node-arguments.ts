/**
 * What Node is given before a program's file, wherever the program runs: beside `npm start` and in a container alike.
 * @param canTrace whether the packages that trace are installed with the program
 */
export function nodeArguments(canTrace = true): string[] {
  return [
    // A batch outlives a small nursery, and what is promoted is collected from the old space later, tens of ms at a time.
    // That may go on beside the work; threads that share a nursery's collection would wait for each other on few processors.
    '--min-semi-space-size=64',
    '--max-semi-space-size=64',
    '--no-parallel-scavenge',
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=TimeoutNegativeWarning',
    // Switches tracing on where there is a collector to send to; else nothing.
    ...(canTrace ? ['--import=@ott/telemetry/register'] : []),
  ]
}
