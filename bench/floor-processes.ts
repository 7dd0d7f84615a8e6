import { answerTo } from './load.ts';
import { startFloor } from './program.ts';

/** A floor with several processes, because sharp is faster in two processes than with two pictures in one. */
export interface FloorProcesses extends AsyncDisposable {
  /** Runs the work of all processes; in seconds. */
  run(path: string): Promise<number>;
}

/** Each gets its share of the files. */
export async function startFloorProcesses(
  name: string,
  folder: string,
  { files, count }: { readonly files: readonly string[]; readonly count: number },
): Promise<FloorProcesses> {
  await using stack = new AsyncDisposableStack();
  const origins: string[] = [];
  for (let place = 0; place < count; place++) {
    const share = files.filter((_, index) => index % count === place);
    origins.push(stack.use(await startFloor(name, folder, share)).origin);
  }
  const held = stack.move();
  return {
    async run(path) {
      const start = performance.now();
      await Promise.all(origins.map((origin) => answerTo(origin, { method: 'GET', path })));
      return (performance.now() - start) / 1000;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
