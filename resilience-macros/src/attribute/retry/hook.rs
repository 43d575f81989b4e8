use syn::{Expr, ExprBlock, Stmt};

use crate::parse::expression::bare;

pub(super) enum HookKind {
    /// A closure that visibly returns nothing.
    Statement,
    /// A path, or a closure that ends in a call. The type decides whether it is awaited.
    Call,
    AsyncBlock,
    AsyncClosure,
}

impl HookKind {
    pub(super) fn of(hook: &Expr) -> Self {
        let Expr::Closure(closure) = bare(hook) else { return Self::Call };
        if closure.asyncness.is_some() {
            return Self::AsyncClosure;
        }
        let mut last = bare(&closure.body);
        while let Expr::Block(ExprBlock { block, .. }) = last {
            let Some(Stmt::Expr(value, None)) = block.stmts.last() else { return Self::Statement };
            last = bare(value);
        }
        match last {
            Expr::Async(_) => Self::AsyncBlock,
            Expr::Macro(_) => Self::Statement,
            _ => Self::Call,
        }
    }

    pub(super) fn is_async(&self) -> bool {
        matches!(self, Self::AsyncBlock | Self::AsyncClosure)
    }
}
