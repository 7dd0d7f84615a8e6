// `node --import` of each test file: notes its CPU time, that of its ended child processes included, for
// `test-report.ts`, and whether it failed, for `test.ts`: the runner names the file in which a failed test is written,
// which may be a suite that several test files run.
import { appendFileSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const { TEST_CPU_TIMES, TEST_FAILED_FILES } = process.env;
const file = process.argv[1];

if (file?.endsWith('.test.ts')) {
  process.on('exit', (code) => {
    if (TEST_CPU_TIMES) appendFileSync(TEST_CPU_TIMES, `${JSON.stringify({ file, seconds: cpuSeconds() })}\n`);
    if (TEST_FAILED_FILES && code !== 0) appendFileSync(TEST_FAILED_FILES, `${relative(process.cwd(), file)}\n`);
  });
}

/** Linux counts children too, in ticks of 10 ms: utime, stime, cutime and cstime are values 14 to 17 (proc(5)). */
function cpuSeconds(): number {
  if (process.platform !== 'linux') {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
  const [, afterName = ''] = readFileSync('/proc/self/stat', 'utf8').split(') ');
  const ticks = afterName.split(' ').slice(11, 15).map(Number);
  return ticks.reduce((sum, one) => sum + one, 0) / 100;
}
