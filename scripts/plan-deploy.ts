/** `npm run plan-deploy`: prints the commands of a deployment on AWS (docs/deploy-aws.md). Calls nothing. */
import { laterSteps } from './deploy/later-steps.ts';
import { planSteps } from './deploy/plan.ts';
import { planOptions, USAGE } from './deploy/plan-options.ts';
import { planText } from './deploy/step.ts';

try {
  const options = planOptions(process.argv.slice(2), process.env);
  console.log(
    `# Safelight on AWS, stage ${options.stage}. Nothing was called: read the commands, then run them in this order.\n`,
  );
  console.log(planText(planSteps(options)));
  console.log('\n# Later, each for itself:\n');
  console.log(planText(laterSteps(options)).replaceAll(/^(?=.)(?!#)/gm, '#   '));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\nUsage: ${USAGE}`);
  process.exitCode = 2;
}
