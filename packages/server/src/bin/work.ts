import '../run/work.ts';
