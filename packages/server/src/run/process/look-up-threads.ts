// Imported first: libuv reads the variable when the process first uses its threads.
process.env['UV_THREADPOOL_SIZE'] ??= '64';
