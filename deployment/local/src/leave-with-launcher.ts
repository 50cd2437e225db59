// Loaded before each program the launcher starts. When the launcher is gone, so is the reason to run: a program that
// listens for that itself gets ten seconds to end in order, one that doesn't yet ends at once.
process.once('disconnect', () => {
  if (process.listenerCount('disconnect') === 0) process.exit(process.exitCode ?? 1)
  setTimeout(() => process.exit(1), 10_000).unref()
})
// Listening alone keeps no program alive that has nothing left to do.
process.channel?.unref()
