import { describeDrop } from './drop.ts';
import { onEachStore } from './on-each-store.ts';

onEachStore(describeDrop);
