/*
 * Red-black trees: sorted, and never deeper than 2 log2(n + 1). Given, in
 * lib/rbtree.c; Cormen, Leiserson, Rivest, Stein, Introduction to Algorithms,
 * chapter 13; Linux include/linux/rbtree.h.
 *
 * The nodes live inside the structures that are sorted; rb_entry() gets back to
 * them. Whoever uses a tree walks it with a loop of his own, since only he
 * knows the order. To insert: walk down to the empty link where the node
 * belongs, hang it there, and let the tree balance itself:
 *
 *     rb_node_t **link = &root->rb_node, *parent = NULL;
 *
 *     while (*link != NULL) {
 *         parent = *link;
 *         link = key < rb_entry(parent, struct thing, rb)->key
 *                    ? &parent->rb_left : &parent->rb_right;
 *     }
 *     rb_link_node(&thing->rb, parent, link);
 *     rb_insert_color(&thing->rb, root);
 */
#ifndef RBTREE_H
#define RBTREE_H

#include <types.h>

typedef struct rb_node_s {
    struct rb_node_s *rb_parent;
    int rb_color;
    struct rb_node_s *rb_right;
    struct rb_node_s *rb_left;
} rb_node_t;

typedef struct rb_root_s {
    rb_node_t *rb_node; /* NULL: the tree is empty */
} rb_root_t;

#define RB_RED   0
#define RB_BLACK 1

#define RB_ROOT                                                                \
    (rb_root_t)                                                                \
    {                                                                          \
        NULL                                                                   \
    }

/* The structure of type `type` whose member `member` is the node `node`. */
#define rb_entry(node, type, member) container_of(node, type, member)

/* Hangs a new node below `parent` (NULL: it is the first) at `link`. */
static inline void rb_link_node(rb_node_t *node, rb_node_t *parent,
                                rb_node_t **link)
{
    node->rb_parent = parent;
    node->rb_color = RB_RED;
    node->rb_left = NULL;
    node->rb_right = NULL;
    *link = node;
}

/* Balances the tree after rb_link_node(). */
void rb_insert_color(rb_node_t *node, rb_root_t *root);

/* Takes a node out of the tree, and balances it. */
void rb_erase(rb_node_t *node, rb_root_t *root);

#endif
