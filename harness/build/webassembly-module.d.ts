/** Adds to the virtual board's declarations what the build needs to look into a module. */
declare namespace WebAssembly {
  namespace Module {
    function imports(module: Module): { readonly module: string; readonly name: string }[];
    function exports(module: Module): { readonly name: string; readonly kind: string }[];
  }
}
