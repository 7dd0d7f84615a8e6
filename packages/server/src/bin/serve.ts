import '../run/serve.ts';
