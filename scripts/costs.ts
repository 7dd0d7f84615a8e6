/** Prints what a month costs on AWS, and elsewhere (docs/costs.md). Asks nobody. */
import { costOptions, USAGE } from './costs/cost-options.ts';
import { awsBill, otherPrices, total } from './costs/costs.ts';
import { dollars } from './costs/document.ts';

try {
  const month = costOptions(process.argv.slice(2));
  const bill = awsBill(month);
  const rows = [...Object.entries(bill), ['AWS, in all', total(bill)] as const, ...Object.entries(otherPrices(month))];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, usd] of rows) console.log(`${name.padEnd(width)}  ${dollars(usd).padStart(14)}`);
  console.log(
    '\nDollars a month before taxes, by list prices in us-east-1, on arm64: docs/costs.md has sources and assumptions.',
  );
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\nUsage: ${USAGE}`);
  process.exitCode = 2;
}
