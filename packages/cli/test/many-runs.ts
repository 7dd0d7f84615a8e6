// Runs command lines one after the other in this process: JSON lists of arguments, each an argument of this program.
import { main } from '../src/main.ts';

for (const args of process.argv.slice(2)) console.log(`${args} ends with ${await main(JSON.parse(args) as string[])}`);
process.exit();
