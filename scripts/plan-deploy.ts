/** Prints the commands of a deployment on AWS (docs/deploy-aws.md). Calls nothing. */
import { planScript } from './deploy/plan.ts';
import { planOptions, USAGE } from './deploy/plan-options.ts';

try {
  console.log(planScript(planOptions(process.argv.slice(2), process.env)));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\nUsage: ${USAGE}`);
  process.exitCode = 2;
}
