// In place of a decoder: tells the level that the launcher gave this process, and waits for its end. Plain JavaScript
// without imports of ours, because the start waits for it.
const [level = 'unconfined', reason = ''] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify({ kind: 'ready', confinement: level, reason })}\n`);
process.stdin.on('close', () => process.exit()).resume();
