// The modules are written for a browser; in Node the global object stands for window.
Object.assign(globalThis, { window: globalThis })
