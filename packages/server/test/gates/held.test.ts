import { describeHeld } from './held.ts';
import { onEachStore } from './on-each-store.ts';

onEachStore(describeHeld);
